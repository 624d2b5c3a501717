using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Orchestrator.Protocol;

namespace Orchestrator.Conformance.Tests;

/// <summary>x FP32 [-1,3] and s BYTES [-1,1] give sum FP32 [-1] (of the row's numbers and the string's length) and echo BYTES [-1,1].</summary>
internal sealed class FakeModel(string? broken, string varying = "")
{
    public const float SlowValue = 999;
    private const int MaxRows = 8;

    public static Tensor[] Inputs(float value) =>
    [
        new("x", DataType.Fp32, [1, 3], MemoryMarshal.AsBytes<float>([value, 0, 0]).ToArray()),
        new("s", DataType.Bytes, [1, 1], new byte[] { 1, 0, 0, 0, (byte)'a' }),
    ];

    public static bool IsSlow(InferRequest request) => request.Inputs[0].DataType == DataType.Fp32 && MemoryMarshal.Cast<byte, float>(request.Inputs[0].Data.Span)[0] == SlowValue;

    public string Metadata()
    {
        var outputs = Breaks("model.metadata") ? "" : """{"name":"sum","datatype":"FP32","shape":[-1]},{"name":"echo","datatype":"BYTES","shape":[-1,1]}""";
        return $$"""
            {"name":"model","versions":["1"],"platform":"fake","inputs":[{"name":"x","datatype":"FP32","shape":[-1,3]},{"name":"s","datatype":"BYTES","shape":[-1,1]}],
             "outputs":[{{outputs}}],"properties":{"concurrency":"1","max_batch_size":"{{MaxRows}}","varying_outputs":"{{varying}}"} }
            """;
    }

    public (InferResponse Response, Func<string, bool> IsBinary) Compute(InferRequest request, byte[] body, int? headerLength)
    {
        BreakOnPurpose(body, headerLength);
        var x = Input(request, "x", DataType.Fp32, 3);
        var s = Input(request, "s", DataType.Bytes, 1);
        var rows = x.Rows == s.Rows && request.Inputs.Count == 2 ? x.Rows : throw new ProtocolException("input 's': expected as many rows as 'x', and no other input");
        if (rows is 0 or > MaxRows && !Breaks("infer.largest-batch"))
        {
            throw new ProtocolException($"{rows} rows, expected 1 to {MaxRows}");
        }

        var sums = new float[rows];
        for (var row = 0; row < rows; row++)
        {
            var at = Breaks("infer.batch") ? rows - 1 - row : row;
            sums[row] = Sum(MemoryMarshal.Cast<byte, float>(x.Data.Span).Slice(at * 3, 3)) + BinaryPrimitives.ReadInt32LittleEndian(TensorRows.Slice(s, row, 1).Span);
        }

        if ((Breaks("infer.same-answers") && headerLength is not null) || (Breaks("infer.json-nested") && Encoding.UTF8.GetString(body).Contains("[[", StringComparison.Ordinal)))
        {
            sums[0]++;
        }

        var response = Select(request, sums, s);
        if (Breaks("made-up inputs") && !MemoryMarshal.Cast<byte, float>(x.Data.Span).Contains(5))
        {
            throw new InvalidOperationException("ValueError: made up");
        }

        return (response, name => !Breaks("infer.binary") && (request.Outputs.FirstOrDefault(o => o.Name == name)?.Binary ?? request.BinaryOutput));
    }

    private static float Sum(ReadOnlySpan<float> values) => values[0] + values[1] + values[2];

    private bool Breaks(string check) => broken == check;

    private void BreakOnPurpose(byte[] body, int? headerLength)
    {
        var json = Encoding.UTF8.GetString(body.AsSpan(0, headerLength ?? body.Length));
        var isMixed = json.Contains("binary_data_size", StringComparison.Ordinal) && json.Contains("\"data\"", StringComparison.Ordinal);
        if (Breaks("infer.json-flat") || (Breaks("infer.mixed") && isMixed) || (Breaks("infer.binary-padded") && json.EndsWith(' ')))
        {
            throw new ProtocolException("broken on purpose");
        }
    }

    private Tensor Input(InferRequest request, string name, DataType type, int columns)
    {
        var input = request.Inputs.FirstOrDefault(i => i.Name == name) ?? throw new ProtocolException($"input '{name}' is missing");
        if (input.Shape.Length != 2 || input.Shape[1] != columns)
        {
            throw new ProtocolException($"input '{name}': expected shape [-1, {columns}]");
        }

        return Breaks("infer.converts") && input.DataType != type ? throw new ProtocolException("broken on purpose") : TensorRows.Convert(input, type);
    }

    private InferResponse Select(InferRequest request, float[] sums, Tensor s)
    {
        var sum = new Tensor("sum", DataType.Fp32, [sums.Length], MemoryMarshal.AsBytes(sums.AsSpan()).ToArray());
        sum = Breaks("infer.signature") ? TensorRows.Convert(sum, DataType.Fp64) : sum;
        Tensor[] all = [sum, s with { Name = "echo" }];
        var wanted = request.Outputs.Select(o => all.FirstOrDefault(a => a.Name == o.Name) ?? throw new ProtocolException($"output '{o.Name}': expected sum or echo")).ToArray();
        return new InferResponse
        {
            ModelName = "model",
            ModelVersion = "1",
            Id = Breaks("id.echo") ? null : request.Id,
            Outputs = wanted.Length == 0 || Breaks("outputs.selection") ? all : wanted,
        };
    }
}
