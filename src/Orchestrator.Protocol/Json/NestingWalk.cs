using System.Text.Json;

namespace Orchestrator.Protocol.Json;

/// <summary>
/// Follows the brackets of tensor data and holds them against the shape: a scalar, one flat array, or arrays nested as deep as the shape is long, each level
/// as long as its dimension says. A dimension of -1 becomes what the first list at its level has.
/// </summary>
/// <param name="shape">The expected shape; on success the actual one.</param>
/// <param name="what">For messages.</param>
internal struct NestingWalk(long[] shape, string what)
{
    private readonly long[] _shape = shape;

    /// <summary>Entries seen in the open list of each level.</summary>
    private readonly long[] _lengths = new long[shape.Length];
    private bool _isNested;

    /// <summary>Reads the value the reader stands on into the sink.</summary>
    /// <param name="reader">Left on the value's last token.</param>
    /// <param name="sink">Gets the elements.</param>
    public void Read<TSink>(ref Utf8JsonReader reader, ref TSink sink)
        where TSink : struct, IElementSink
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            ReadScalar(ref reader, ref sink);
            return;
        }

        var depth = 0;
        while (depth >= 0)
        {
            var before = sink.Count;
            sink.AddRun(ref reader);
            CheckRun(sink.Count - before, depth, sink.Count);
            depth = reader.TokenType == JsonTokenType.StartArray ? Open(depth, sink.Count) : Close(depth, sink.Count);
        }

        if (!_isNested)
        {
            CheckFlat(sink.Count);
        }
    }

    private readonly void ReadScalar<TSink>(ref Utf8JsonReader reader, ref TSink sink)
        where TSink : struct, IElementSink
    {
        if (_shape.Length != 0)
        {
            throw WireJson.Unexpected(ref reader, $"{what}: data", $"an array for shape {ShapeRules.ToText(_shape)}");
        }

        sink.Add(ref reader);
    }

    /// <summary>Scalars belong on the innermost level, or on the outermost if nothing is nested.</summary>
    private readonly void CheckRun(long run, int depth, long count)
    {
        if (run == 0)
        {
            return;
        }

        if (_isNested && depth != _shape.Length - 1)
        {
            throw new ProtocolException(
                $"{what}: element {count - run}: data is nested unevenly, expected an array in dimension {depth + 1} of shape {ShapeRules.ToText(_shape)} but got a value");
        }

        if (depth < _lengths.Length)
        {
            _lengths[depth] += run;
        }
    }

    private int Open(int depth, long count)
    {
        if (depth + 1 >= _shape.Length)
        {
            throw new ProtocolException($"{what}: element {count}: data is nested deeper than shape {ShapeRules.ToText(_shape)}, expected a value but got an array");
        }

        if (!_isNested && count > 0)
        {
            throw new ProtocolException($"{what}: element {count}: data is nested unevenly, expected a value as before but got an array");
        }

        _isNested = true;
        _lengths[depth]++;
        _lengths[depth + 1] = 0;
        return depth + 1;
    }

    private readonly int Close(int depth, long count)
    {
        if (!_isNested)
        {
            return -1;
        }

        if (_shape[depth] < 0)
        {
            _shape[depth] = _lengths[depth];
        }

        if (_lengths[depth] != _shape[depth])
        {
            throw new ProtocolException(
                $"{what}: data has {_lengths[depth]} entries in dimension {depth} before element {count}, expected {_shape[depth]} of shape {ShapeRules.ToText(_shape)}");
        }

        return depth - 1;
    }

    private readonly void CheckFlat(long count)
    {
        ReadOnlySpan<long> rest = _shape.Length == 0 ? [] : _shape.AsSpan(1);
        var row = Tensor.CountElements(rest);
        if (_shape.Length > 0 && _shape[0] == -1 && count > 0 && row > 0 && !rest.Contains(-1))
        {
            if (count % row != 0)
            {
                throw new ProtocolException($"{what}: data has {count} elements, expected a multiple of {row} for shape {ShapeRules.ToText(_shape)}");
            }

            _shape[0] = count / row;
            return;
        }

        if (count == 0)
        {
            // An empty array says nothing about the open dimensions: they are empty too.
            _shape.AsSpan().Replace(-1, 0);
        }

        if (_shape.AsSpan().Contains(-1))
        {
            throw new ProtocolException($"{what}: data is flat, expected nested arrays, for shape {ShapeRules.ToText(_shape)} has more than one open dimension");
        }

        if (count != Tensor.CountElements(_shape))
        {
            throw new ProtocolException($"{what}: data has {count} elements, expected {Tensor.CountElements(_shape)} for shape {ShapeRules.ToText(_shape)}");
        }
    }
}
