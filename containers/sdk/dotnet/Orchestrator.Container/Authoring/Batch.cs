using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Orchestrator.Protocol;

namespace Orchestrator.Container;

/// <summary>
/// One batch: inputs that fit the signature already (names, datatypes, shapes, equal rows) and buffers for the outputs. Used by one thread at a time;
/// spans taken from it are valid until <see cref="IModel.PredictAsync"/> has completed.
/// </summary>
public sealed class Batch
{
    private static readonly Encoding StrictUtf8 = new UTF8Encoding(false, throwOnInvalidBytes: true);
    private readonly IReadOnlyList<Tensor> _inputs;
    private readonly OutputBuffers _outputs;
    private readonly Func<TimeSpan?> _remaining;
    private Dictionary<int, string>? _rowErrors;
    private HashSet<int>? _invalidRows;

    internal Batch(IReadOnlyList<Tensor> inputs, OutputBuffers outputs, InferRequest request, string? traceParent, Func<TimeSpan?> remaining)
    {
        _inputs = inputs;
        _outputs = outputs;
        _remaining = remaining;
        Id = request.Id;
        Parameters = request.Parameters;
        TraceParent = traceParent;
    }

    /// <summary>Rows of every input and output; at least 1.</summary>
    public int Rows => _outputs.Rows;

    /// <summary>The request's id; null if none was given.</summary>
    public string? Id { get; }

    /// <summary>The request's parameters.</summary>
    public IReadOnlyDictionary<string, JsonElement> Parameters { get; }

    /// <summary>W3C trace context of the batch; null if none was sent.</summary>
    public string? TraceParent { get; }

    /// <summary>What is left until the caller gives up; null if no deadline was sent. May be negative.</summary>
    public TimeSpan? Remaining => _remaining();

    /// <summary>Inputs in the order they were sent.</summary>
    public IReadOnlyList<Tensor> Inputs => _inputs;

    internal IReadOnlyDictionary<int, string>? RowErrors => _rowErrors;

    internal IReadOnlyCollection<int> InvalidRows => (IReadOnlyCollection<int>?)_invalidRows ?? [];

    internal OutputBuffers OutputBuffers => _outputs;

    /// <summary>The input of that name; null if it is optional and was left out.</summary>
    public Tensor? Find(string input)
    {
        for (var i = 0; i < _inputs.Count; i++)
        {
            if (_inputs[i].Name == input)
            {
                return _inputs[i];
            }
        }

        return null;
    }

    /// <summary>The input of that name.</summary>
    /// <exception cref="ArgumentException">The request has none.</exception>
    public Tensor Input(string input) =>
        Find(input) ?? throw new ArgumentException($"the request has no input '{input}'", nameof(input));

    /// <summary>All elements of an input, row-major, without a copy.</summary>
    /// <typeparam name="T">The .NET type of its datatype: double for FP64, long for INT64, ...</typeparam>
    /// <exception cref="ArgumentException">No such input, or of another datatype.</exception>
    public ReadOnlySpan<T> Values<T>(string input) where T : unmanaged
    {
        var tensor = Input(input);
        ElementTypes.Require<T>(tensor.DataType, $"input '{input}'");
        return MemoryMarshal.Cast<byte, T>(tensor.Data.Span);
    }

    /// <summary>All elements of a BYTES input as text.</summary>
    /// <exception cref="ArgumentException">No such input, or of another datatype.</exception>
    /// <exception cref="DecoderFallbackException">An element is no UTF-8.</exception>
    public string[] Texts(string input)
    {
        var tensor = Input(input);
        if (tensor.DataType != DataType.Bytes)
        {
            throw new ArgumentException($"input '{input}' is {tensor.DataType.ToName()}, expected BYTES", nameof(input));
        }

        var texts = new string[tensor.ElementCount];
        var rest = tensor.Data.Span;
        for (var i = 0; i < texts.Length; i++)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(rest);
            texts[i] = StrictUtf8.GetString(rest.Slice(4, length));
            rest = rest[(4 + length)..];
        }

        return texts;
    }

    /// <summary>The elements of an output, row-major, to be filled; zeros at first. Asked for again it is the same memory.</summary>
    /// <typeparam name="T">The .NET type of its datatype.</typeparam>
    /// <param name="output">Its name.</param>
    /// <param name="dimensions">The variable dimensions beyond the batch, in order; none if the signature fixes them all.</param>
    /// <exception cref="ArgumentException">No such output, of another datatype, or another number of dimensions.</exception>
    public Span<T> Output<T>(string output, params scoped ReadOnlySpan<long> dimensions) where T : unmanaged =>
        _outputs.Rent<T>(output, dimensions);

    /// <summary>Sets a BYTES output.</summary>
    /// <param name="output">Its name.</param>
    /// <param name="texts">All elements, row-major; null counts as empty.</param>
    /// <param name="dimensions">As in <see cref="Output{T}"/>.</param>
    /// <exception cref="ArgumentException">As in <see cref="Output{T}"/>, or another number of elements.</exception>
    public void SetTexts(string output, IReadOnlyList<string?> texts, params ReadOnlySpan<long> dimensions) =>
        _outputs.SetTexts(output, texts, dimensions);

    /// <summary>Sets an output to a tensor as it is, an input's memory included.</summary>
    /// <exception cref="ArgumentException">It does not fit the signature.</exception>
    public void Set(Tensor output) => _outputs.Set(output);

    /// <summary>Fails one row and no other; its outputs become zeros or empty. The first text for a row counts.</summary>
    public void FailRow(int row, string reason)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(row);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(row, Rows);
        _rowErrors ??= [];
        _rowErrors.TryAdd(row, reason);
    }

    /// <summary>As <see cref="FailRow"/>, for a row whose input is at fault and not the model: its caller is told so (400 instead of 500, no default output).</summary>
    public void RefuseRow(int row, string reason)
    {
        var failed = _rowErrors?.ContainsKey(row) == true;
        FailRow(row, reason);
        if (!failed)
        {
            (_invalidRows ??= []).Add(row);
        }
    }
}
