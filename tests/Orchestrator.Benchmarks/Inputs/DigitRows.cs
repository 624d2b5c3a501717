using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.Net.Http.Headers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Orchestrator.Protocol;

namespace Orchestrator.Benchmarks.Inputs;

/// <summary>Distinct random inputs: held-out digits with noise on every pixel, as bodies of both interfaces, and the label that the model itself gives each.</summary>
internal sealed class DigitRows
{
    /// <summary>Values of a row.</summary>
    public const int Pixels = 64;

    private const int RowBytes = Pixels * sizeof(double);
    private const int Darkest = 16;
    private const int LabelBatch = 500;
    private readonly byte[][] _json;
    private readonly byte[][] _binary;
    private readonly long[] _labels;

    private DigitRows(double[][] rows, long[] labels)
    {
        _json = [.. rows.Select(PredictBody)];
        var header = InferHeader(1, "\"parameters\":{\"binary_data_output\":true},");
        InferHeaderLength = header.Length;
        _binary = [.. rows.Select(row => (byte[])[.. header, .. MemoryMarshal.AsBytes(row.AsSpan())])];
        _labels = labels;
    }

    /// <summary>Body of a request for an empty picture.</summary>
    public static byte[] Blank { get; } = PredictBody(new double[Pixels]);

    /// <summary>Length of the JSON header before the tensor in <see cref="Infer"/> bodies.</summary>
    public int InferHeaderLength { get; }

    /// <param name="root">Root of the repository.</param>
    /// <param name="count">How many rows.</param>
    /// <param name="container">Infer address of a container that serves the model; asked for the labels.</param>
    /// <param name="stop">Ends it early.</param>
    public static async Task<DigitRows> MakeAsync(string root, int count, Uri container, CancellationToken stop)
    {
        var images = await ReadImagesAsync(root, stop);
        // The rows shape a measurement, they guard nothing.
#pragma warning disable CA5394
        var random = new Random(20_251_122);
        var rows = Enumerable.Range(0, count)
            .Select(i => images[i % images.Length].Select(pixel => Math.Clamp(pixel + (random.Next(-20, 21) / 10.0), 0, Darkest)).ToArray())
            .ToArray();
#pragma warning restore CA5394
        var labels = new List<long>(count);
        using var http = new HttpClient();
        foreach (var batch in rows.Chunk(LabelBatch))
        {
            labels.AddRange(await AskAsync(http, container, batch, stop));
        }

        return new DigitRows(rows, [.. labels]);
    }

    /// <summary>Body of <c>/{app}/predict</c> for a request's index; after the last row the first comes again.</summary>
    public ReadOnlyMemory<byte> Predict(int index) => _json[index % _json.Length];

    /// <summary>Body of a container's infer call: one row as a binary tensor, the answer binary too.</summary>
    public ReadOnlyMemory<byte> Infer(int index) => _binary[index % _binary.Length];

    /// <summary>The row as a tensor.</summary>
    public Tensor Row(int index) => new("input", DataType.Fp64, [1, Pixels], _binary[index % _binary.Length].AsMemory(InferHeaderLength));

    /// <summary>Whether the answer of <c>/{app}/predict</c> holds the row's label.</summary>
    public bool IsPredictRight(int index, ReadOnlySpan<byte> answer)
    {
        var at = answer.IndexOf("\"output\":"u8);
        return at >= 0 && Utf8Parser.TryParse(answer[(at + 9)..], out long label, out _) && label == _labels[index % _labels.Length];
    }

    /// <summary>Whether a binary infer answer holds the row's label: the only tensor is the last 8 bytes.</summary>
    public bool IsInferRight(int index, ReadOnlySpan<byte> answer) =>
        answer.Length >= sizeof(long) && BinaryPrimitives.ReadInt64LittleEndian(answer[^sizeof(long)..]) == _labels[index % _labels.Length];

    private static async Task<double[][]> ReadImagesAsync(string root, CancellationToken stop)
    {
        await using var file = File.OpenRead(Path.Combine(root, "samples", "digits", "models", "held-out.json"));
        using var json = await JsonDocument.ParseAsync(file, cancellationToken: stop);
        return [.. json.RootElement.GetProperty("images").EnumerateArray().Select(image => image.EnumerateArray().Select(pixel => pixel.GetDouble()).ToArray())];
    }

    private static byte[] PredictBody(double[] row) =>
        Encoding.ASCII.GetBytes("{\"input\":[" + string.Join(',', row.Select(pixel => pixel.ToString("0.0", CultureInfo.InvariantCulture))) + "]}");

    private static byte[] InferHeader(int rows, string parameters)
    {
        var header = string.Create(
            CultureInfo.InvariantCulture,
            $"{{{parameters}\"inputs\":[{{\"name\":\"input\",\"datatype\":\"FP64\",\"shape\":[{rows},{Pixels}],\"parameters\":{{\"binary_data_size\":{rows * RowBytes}}}}}]}}");
        return Encoding.ASCII.GetBytes(header.PadRight((header.Length + 63) / 64 * 64));
    }

    private static async Task<long[]> AskAsync(HttpClient http, Uri container, double[][] rows, CancellationToken stop)
    {
        var header = InferHeader(rows.Length, "");
        using var content = new ByteArrayContent([.. header, .. rows.SelectMany(row => MemoryMarshal.AsBytes(row.AsSpan()).ToArray())]);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        content.Headers.Add("Inference-Header-Content-Length", header.Length.ToString(CultureInfo.InvariantCulture));
        using var answer = await http.PostAsync(container, content, stop);
        var text = await answer.Content.ReadAsStringAsync(stop);
        if (!answer.IsSuccessStatusCode)
        {
            throw new BenchmarkException($"{container}: {(int)answer.StatusCode} {text}");
        }

        using var json = JsonDocument.Parse(text);
        return [.. json.RootElement.GetProperty("outputs")[0].GetProperty("data").EnumerateArray().Select(label => label.GetInt64())];
    }
}
