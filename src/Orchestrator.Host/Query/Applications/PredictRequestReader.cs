using System.Text.Json;
using Orchestrator.Core.Serving;
using Orchestrator.Host.Query.Http;
using Orchestrator.Protocol;
using Orchestrator.Serving.Routing;

namespace Orchestrator.Host.Query.Applications;

/// <summary>
/// Reads a <c>/{app}/predict</c> body in one pass. Which version answers decides how the input is read, but may be said after it (<c>version</c>, <c>user_id</c>): the
/// reader goes ahead with what is known at the input and reads it again in the rare case that a later member names another version.
/// </summary>
internal static class PredictRequestReader
{
    /// <summary>Most elements of <c>input_batch</c>: small rows cost far more memory than the bytes they come in.</summary>
    public const int MaxRows = 16 * 1024;

    private static readonly JsonReaderOptions Options = new() { MaxDepth = CodecLimits.Default.MaxDepth };

    /// <summary>Reads.</summary>
    /// <param name="body">The whole body.</param>
    /// <param name="application">Who was called.</param>
    /// <param name="table">Where versions are looked up.</param>
    /// <param name="key">Sticky key of a header, or null.</param>
    /// <exception cref="PredictRequestException">Anything wrong with it.</exception>
    public static PredictRequest Read(ReadOnlySpan<byte> body, ApplicationEntry application, ServingTable table, string? key)
    {
        try
        {
            var reader = new Utf8JsonReader(body, Options);
            var pass = new Pass(body, application, table, key);
            return pass.Read(ref reader);
        }
        catch (JsonException exception)
        {
            throw JsonError($"JSON parse error: {JsonMistake.Describe(exception)}", exception);
        }
        catch (ProtocolException exception)
        {
            throw JsonError(exception.Message, exception);
        }
        catch (InvalidOperationException exception)
        {
            // The JSON reader's word for a string that is no valid UTF-8 or has a lone surrogate.
            throw JsonError($"JSON parse error: {exception.Message.TrimEnd('.')}", exception);
        }
    }

    internal static PredictRequestException JsonError(string message, Exception? inner = null) =>
        new(ErrorKinds.Json, $"Error parsing JSON: {message}. Expected JSON schema: \n  {{\n   \"input\" := [double] | [int] | [string] | [byte] | [float],\n  }}\n", inner);

    /// <summary>A mistake in what only our own requests have: without the schema of Clipper's.</summary>
    internal static PredictRequestException EntityError(string message, Exception? inner = null) => new(ErrorKinds.Json, message + ".", inner);

    // "Arraybut" is Clipper's own spelling, which its clients may match.
    internal static PredictRequestException Mismatch(string member, string expected, JsonTokenType found) =>
        JsonError($"Type mismatch! JSON key {member} expected type {expected}but found type {NameOf(found)}");

    /// <summary>Who answers: what the application selects, in the version that the request asks for.</summary>
    /// <exception cref="PredictRequestException">There is no such version.</exception>
    internal static VersionEntry? Select(ApplicationEntry application, ServingTable table, string? key, string? version)
    {
        var selected = application.Select(key);
        if (version is null)
        {
            return selected;
        }

        var model = selected?.Id.Model ?? application.Spec.Selection.Targets[0].Model;
        return table.Models.TryGetValue(model, out var entry) && entry.Versions.TryGetValue(version, out var found)
            ? found
            : throw new PredictRequestException(ErrorKinds.Query, $"Requested version: {version} does not exist for model: {model}");
    }

    internal static string? ReadVersion(ref Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.String ? reader.GetString() : throw Mismatch("version", "String", reader.TokenType);

    internal static string? ReadKey(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.String => reader.GetString(),
        JsonTokenType.Number => System.Text.Encoding.UTF8.GetString(reader.ValueSpan),
        JsonTokenType.Null => null,
        _ => throw Mismatch("user_id", "String", reader.TokenType),
    };

    private static string NameOf(JsonTokenType token) => token switch
    {
        JsonTokenType.StartObject => "Object",
        JsonTokenType.StartArray => "Array",
        JsonTokenType.String => "String",
        JsonTokenType.Number => "Number",
        JsonTokenType.True => "True",
        JsonTokenType.False => "False",
        _ => "Null",
    };

    /// <summary>What is known so far while the members are read in the order sent.</summary>
    private ref struct Pass(ReadOnlySpan<byte> body, ApplicationEntry application, ServingTable table, string? headerKey)
    {
        private readonly ReadOnlySpan<byte> _body = body;
        private string? _key = headerKey;
        private bool _knewAll = true;
        private string? _version;
        private int _inputAt = -1;
        private int _batchAt = -1;
        private bool _namesEntity;
        private PredictRequest? _read;

        public PredictRequest Read(ref Utf8JsonReader reader)
        {
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                throw JsonError("Can only get key-value pair from an object");
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                ReadMember(ref reader);
            }

            // Something after the object is an error that only a further read sees.
            reader.Read();
            return Finish();
        }

        private void ReadMember(ref Utf8JsonReader reader)
        {
            var isInput = reader.ValueTextEquals("input"u8);
            if (isInput || reader.ValueTextEquals("input_batch"u8))
            {
                reader.Read();
                ref var position = ref isInput ? ref _inputAt : ref _batchAt;
                position = (int)reader.TokenStartIndex;
                ReadInput(ref reader, isInput);
            }
            else if (reader.ValueTextEquals("version"u8))
            {
                reader.Read();
                _knewAll = _read is null;
                _version = ReadVersion(ref reader);
            }
            else if (reader.ValueTextEquals("user_id"u8) || reader.ValueTextEquals("uid"u8))
            {
                reader.Read();
                _knewAll &= _read is null || _key is not null || application.Spec.Selection.Targets.Count == 1;
                _key ??= ReadKey(ref reader);
            }
            else
            {
                _namesEntity |= reader.ValueTextEquals("entity"u8) || reader.ValueTextEquals("entity_batch"u8);
                reader.Read();
                reader.Skip();
            }
        }

        private void ReadInput(ref Utf8JsonReader reader, bool isInput)
        {
            // `input` wins over `input_batch`, and the last of several equal members wins, as JSON parsers commonly do.
            if (!isInput && _inputAt >= 0)
            {
                reader.Skip();
                return;
            }

            _read = ReadRows(ref reader, Select(), isInput);
        }

        private readonly VersionEntry? Select() => PredictRequestReader.Select(application, table, _key, _version);

        private readonly PredictRequest Finish()
        {
            if (_read is null)
            {
                throw JsonError(_namesEntity
                    ? $"Application '{application.Spec.Name}' looks nothing up by entity (it has no features); give the whole input or input_batch"
                    : "JSON object does not have required keys input or input_batch");
            }

            var isInput = _inputAt >= 0;
            if (_knewAll)
            {
                return _read;
            }

            var target = Select();
            if (ReferenceEquals(target, _read.Target))
            {
                return _read;
            }

            var again = new Utf8JsonReader(_body[(isInput ? _inputAt : _batchAt)..], new JsonReaderOptions { MaxDepth = Options.MaxDepth, AllowMultipleValues = true });
            again.Read();
            return ReadRows(ref again, target, isInput);
        }

        private static PredictRequest ReadRows(ref Utf8JsonReader reader, VersionEntry? target, bool isInput)
        {
            if (isInput)
            {
                return ReadOne(ref reader, target);
            }

            if (reader.TokenType != JsonTokenType.StartArray)
            {
                throw Mismatch("input_batch", "Array", reader.TokenType);
            }

            var rows = new List<Tensor[]>();
            var count = 0;
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                if (++count > MaxRows)
                {
                    throw JsonError($"JSON key input_batch has more than {MaxRows} elements; send several requests, or one POST /v2/models/{{model}}/infer");
                }

                if (target?.Inputs is { } inputs)
                {
                    rows.Add(ReadRow(ref reader, inputs, target.Signature, count - 1));
                }
                else
                {
                    reader.Skip();
                }
            }

            return new PredictRequest { Target = target, Rows = rows, RowCount = count };
        }

        // Of thousands of rows one is wrong: which one is all that its sender must know.
        private static Tensor[] ReadRow(ref Utf8JsonReader reader, IReadOnlyList<TensorMetadata> inputs, ModelSignature? signature, int index)
        {
            try
            {
                return RowReader.Read(ref reader, inputs, signature);
            }
            catch (ProtocolException exception)
            {
                throw new ProtocolException($"row {index}: {exception.Message}", exception);
            }
        }

        private static PredictRequest ReadOne(ref Utf8JsonReader reader, VersionEntry? target)
        {
            if (target?.Inputs is { } inputs)
            {
                return new PredictRequest { Target = target, Rows = [RowReader.Read(ref reader, inputs, target.Signature)], RowCount = 1 };
            }

            reader.Skip();
            return new PredictRequest { Target = target, Rows = [], RowCount = 1 };
        }
    }
}
