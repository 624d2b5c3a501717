using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Orchestrator.Protocol;

namespace Orchestrator.Conformance;

/// <summary>How an input travels.</summary>
internal enum TensorForm
{
    Flat,
    Nested,
    Binary,
}

/// <summary>A body to post.</summary>
/// <param name="Bytes">All of it.</param>
/// <param name="HeaderLength">Value of the header that tells the length of the JSON; null: not sent.</param>
internal sealed record InferBody(byte[] Bytes, string? HeaderLength);

/// <summary>
/// An inference request in any form the protocol has, and in forms it has not: nothing is checked, for wrong requests are made of it too. (The codec only writes one form, and only right ones.)
/// </summary>
internal sealed record InferCall
{
    public required IReadOnlyList<Tensor> Inputs { get; init; }

    /// <summary>By index of the input.</summary>
    public Func<int, TensorForm> Form { get; init; } = _ => TensorForm.Flat;

    public IReadOnlyList<RequestedOutput> Outputs { get; init; } = [];

    public bool BinaryOutput { get; init; }

    public string? Id { get; init; }

    public static Func<int, TensorForm> AllBinary { get; } = _ => TensorForm.Binary;

    public InferBody ToBody()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            WriteJson(json);
        }

        var length = buffer.WrittenCount;
        for (var i = 0; i < Inputs.Count; i++)
        {
            if (Form(i) == TensorForm.Binary)
            {
                buffer.Write(Inputs[i].Data.Span);
            }
        }

        var isBinary = Enumerable.Range(0, Inputs.Count).Any(i => Form(i) == TensorForm.Binary);
        return new InferBody(buffer.WrittenSpan.ToArray(), isBinary ? length.ToString(CultureInfo.InvariantCulture) : null);
    }

    private void WriteJson(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        if (Id is not null)
        {
            json.WriteString("id", Id);
        }

        if (BinaryOutput)
        {
            json.WriteStartObject("parameters");
            json.WriteBoolean("binary_data_output", true);
            json.WriteEndObject();
        }

        json.WriteStartArray("inputs");
        for (var i = 0; i < Inputs.Count; i++)
        {
            WriteInput(json, Inputs[i], Form(i));
        }

        json.WriteEndArray();
        WriteOutputs(json);
        json.WriteEndObject();
    }

    private static void WriteInput(Utf8JsonWriter json, Tensor input, TensorForm form)
    {
        json.WriteStartObject();
        json.WriteString("name", input.Name);
        json.WriteStartArray("shape");
        foreach (var dimension in input.Shape)
        {
            json.WriteNumberValue(dimension);
        }

        json.WriteEndArray();
        json.WriteString("datatype", input.DataType.ToName());
        switch (form)
        {
            case TensorForm.Binary:
                json.WriteStartObject("parameters");
                json.WriteNumber("binary_data_size", input.Data.Length);
                json.WriteEndObject();
                break;
            case TensorForm.Nested:
                json.WritePropertyName("data");
                TensorJson.WriteNested(json, input.DataType, input.Shape, input.Data.Span);
                break;
            default:
                json.WritePropertyName("data");
                TensorJson.WriteFlat(json, input.DataType, input.Data.Span);
                break;
        }

        json.WriteEndObject();
    }

    private void WriteOutputs(Utf8JsonWriter json)
    {
        if (Outputs.Count == 0)
        {
            return;
        }

        json.WriteStartArray("outputs");
        foreach (var output in Outputs)
        {
            json.WriteStartObject();
            json.WriteString("name", output.Name);
            if (output.Binary is { } binary)
            {
                json.WriteStartObject("parameters");
                json.WriteBoolean("binary_data", binary);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
