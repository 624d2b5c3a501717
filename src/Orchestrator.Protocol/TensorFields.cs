using System.Text.Json;

namespace Orchestrator.Protocol;

/// <summary>The members of one tensor object, in whatever order they come. Data that comes before what is needed to read it is passed over and read afterwards.</summary>
internal ref struct TensorFields(string kind, int index, bool isStrict, CodecLimits limits)
{
    private string? _name;
    private DataType? _dataType;
    private long[]? _shape;
    private byte[]? _data;
    private Utf8JsonReader _dataReader;
    private bool _hasParameters;

    /// <summary>For messages: <c>input 'x'</c>, or <c>input 0</c> while its name is not known.</summary>
    public string What { get; private set; } = $"{kind} {index}";

    public bool HasData { get; private set; }

    public JsonElement? BinarySize { get; private set; }

    /// <summary>Reads the object the reader stands on.</summary>
    public void Read(ref Utf8JsonReader reader)
    {
        WireJson.ExpectObject(ref reader, What);
        for (WireJson.Next(ref reader); reader.TokenType != JsonTokenType.EndObject; WireJson.Next(ref reader))
        {
            var member = WireJson.PropertyName(ref reader);
            if (member.SequenceEqual("name"u8))
            {
                ThrowIfTwice(_name is not null, "name");
                _name = WireJson.ReadString(ref reader, $"{What}: name");
                What = $"{kind} '{WireJson.Clip(_name)}'";
            }
            else if (member.SequenceEqual("datatype"u8))
            {
                ThrowIfTwice(_dataType is not null, "datatype");
                _dataType = WireJson.ReadDataType(ref reader, What);
            }
            else if (member.SequenceEqual("shape"u8))
            {
                ThrowIfTwice(_shape is not null, "shape");
                _shape = WireJson.ReadShape(ref reader, What, limits);
            }
            else
            {
                ReadOther(ref reader, member);
            }
        }
    }

    /// <summary>What every tensor has; its shape is checked.</summary>
    public readonly (string Name, DataType DataType, long[] Shape) Required()
    {
        var name = _name ?? throw Missing("name");
        var dataType = _dataType ?? throw Missing("datatype");
        var shape = _shape ?? throw Missing("shape");
        ShapeRules.Check(shape, dataType, What, limits);
        return (name, dataType, shape);
    }

    /// <summary>The elements of the JSON data. Only after <see cref="Required"/>.</summary>
    public byte[] Data()
    {
        if (!HasData)
        {
            throw new ProtocolException($"{What}: has neither data nor the parameter binary_data_size, expected one of them");
        }

        return _data ?? TensorJson.ReadData(ref _dataReader, _dataType!.Value, _shape!, What, limits, rounds: !isStrict);
    }

    private void ReadOther(ref Utf8JsonReader reader, scoped ReadOnlySpan<byte> member)
    {
        if (member.SequenceEqual("data"u8))
        {
            ThrowIfTwice(HasData, "data");
            HasData = true;
            ReadData(ref reader);
        }
        else if (member.SequenceEqual("parameters"u8))
        {
            ThrowIfTwice(_hasParameters, "parameters");
            _hasParameters = true;
            BinarySize = ParameterReader.ReadOne(ref reader, "binary_data_size"u8, $"{What}: parameters", isStrict);
        }
        else
        {
            WireJson.SkipValue(ref reader);
        }
    }

    private void ReadData(ref Utf8JsonReader reader)
    {
        WireJson.Next(ref reader);
        if (_name is not null && _dataType is { } dataType && _shape is not null)
        {
            ShapeRules.Check(_shape, dataType, What, limits);
            _data = TensorJson.ReadData(ref reader, dataType, _shape, What, limits, rounds: !isStrict);
            return;
        }

        _dataReader = reader;
        WireJson.Skip(ref reader);
    }

    private readonly ProtocolException Missing(string member) => new($"{What}: {member} is missing");

    private readonly void ThrowIfTwice(bool isSecond, string member)
    {
        if (isSecond)
        {
            throw new ProtocolException($"{What}: {member} is given twice");
        }
    }
}
