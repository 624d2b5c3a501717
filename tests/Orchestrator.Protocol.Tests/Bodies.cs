using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Orchestrator.Protocol.Tests;

/// <summary>Short ways to bodies and tensors.</summary>
internal static class Bodies
{
    public static readonly DataType[] AllTypes = Enum.GetValues<DataType>();

    public static readonly DataType[] JsonTypes = [.. AllTypes.Where(t => t != DataType.Bf16)];

    public static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    public static InferRequest ReadRequest(string json) => InferCodec.ReadRequest(Utf8(json), null, CodecLimits.Default);

    public static InferResponse ReadResponse(string json) => InferCodec.ReadResponse(Utf8(json), null, CodecLimits.Default);

    public static string RequestError(string json) => Should.Throw<ProtocolException>(() => ReadRequest(json)).Message;

    public static string Input(string members) => $$"""{"inputs":[{{{members}}}]}""";

    public static byte[] Raw<T>(params T[] elements)
        where T : unmanaged => MemoryMarshal.AsBytes<T>(elements).ToArray();

    public static byte[] Strings(params byte[][] elements)
    {
        var result = new List<byte>();
        foreach (var element in elements)
        {
            var prefix = new byte[4];
            BinaryPrimitives.WriteInt32LittleEndian(prefix, element.Length);
            result.AddRange(prefix);
            result.AddRange(element);
        }

        return [.. result];
    }

    public static byte[] Strings(params string[] elements) => Strings(Array.ConvertAll(elements, Utf8));

    public static byte[] ReadData(string json, DataType type, long[] shape, CodecLimits? limits = null, bool rounds = false)
    {
        var reader = new Utf8JsonReader(Utf8(json));
        reader.Read();
        var data = TensorJson.ReadData(ref reader, type, shape, "input 'x'", limits ?? CodecLimits.Default, rounds);
        reader.Read().ShouldBeFalse("the reader must stand on the value's last token");
        return data;
    }

    public static string DataError(string json, DataType type, params long[] shape) => Should.Throw<ProtocolException>(() => ReadData(json, type, shape)).Message;

    public static string Written(Action<IBufferWriter<byte>> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        write(buffer);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    public static void ShouldEqual(this Tensor actual, Tensor expected)
    {
        actual.Name.ShouldBe(expected.Name);
        actual.DataType.ShouldBe(expected.DataType);
        actual.Shape.ShouldBe(expected.Shape);
        actual.Data.ToArray().ShouldBe(expected.Data.ToArray());
    }
}
