using System.Buffers;
using System.Text;
using static Orchestrator.Protocol.Tests.Bodies;

namespace Orchestrator.Protocol.Tests;

/// <summary>Whatever arrives: an answer or a <see cref="ProtocolException"/>, and memory in proportion to what was sent.</summary>
public class InferCodecFuzzTests
{
    private const int Bodies = 100_000;

    // An exception with its trace, messages, and pooled buffers that were not there yet.
    private const int ConstantBytes = 64 * 1024;
    private const int Multiple = 64;

    private static readonly string[] Tokens =
    [
        "{", "}", "[", "]", ",", ":", "null", "true", "false", "\"", "\\u0000", "\\ud800", "-", "1e999", "-0", "0.1", "9223372036854775808", "1000000000000", "-1", "2147483647",
        "\"data\":", "\"shape\":", "\"shape\":[1000000000,1000000000]", "\"datatype\":\"BYTES\"", "\"datatype\":\"BF16\"", "\"parameters\":{\"binary_data_size\":8}", "\"name\":\"x\"", "[[[[[[[[[[[[[[[[[[[[", "\"errors\":\"{}\"", " ",
    ];

    [Fact]
    public void ReadAnything_MutatedBodies_OnlyProtocolExceptionsAndBoundedMemory()
    {
        var random = new Random(20261122);
        var seeds = Enumerable.Range(0, 200).Select(i => Seed(random, i)).ToArray();
        var rawInput = new TensorMetadata("x", DataType.Fp32, [-1, 2]);
        var (refused, read) = (0, 0);
        for (var i = 0; i < Bodies; i++)
        {
            var (body, length) = Mutate(random, seeds[i % seeds.Length]);
            var before = GC.GetAllocatedBytesForCurrentThread();
            var result = TryRead(i, body, length, rawInput);
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            allocated.ShouldBeLessThan(ConstantBytes + (Multiple * (long)body.Length), $"body {i}: {Encoding.Latin1.GetString(body)}");
            if (result is null)
            {
                refused++;
                continue;
            }

            read++;
            Use(result);
        }

        // Both sides must really be tried.
        refused.ShouldBeGreaterThan(Bodies / 4);
        read.ShouldBeGreaterThan(Bodies / 50);
    }

    /// <summary>Null: refused.</summary>
    private static object? TryRead(int i, byte[] body, int? length, TensorMetadata rawInput)
    {
        try
        {
            return (i % 8) switch
            {
                0 => ModelMetadataCodec.Read(body, CodecLimits.Default),
                1 => ServerMetadataCodec.Read(body, CodecLimits.Default),
                2 or 3 => InferCodec.ReadResponse(body, length, CodecLimits.Default),
                _ => InferCodec.ReadRequest(body, length, CodecLimits.Default, rawInput),
            };
        }
        catch (ProtocolException e)
        {
            e.Message.Length.ShouldBeInRange(5, 1000);
            return null;
        }
    }

    /// <summary>What was accepted must be safe to use, and survive being written and read again: every later step relies on it.</summary>
    private static void Use(object result)
    {
        var buffer = new ArrayBufferWriter<byte>();
        if (result is InferRequest request)
        {
            Use(request.Inputs);
            var length = InferCodec.WriteBinaryRequest(buffer, request);
            InferCodec.ReadRequest(buffer.WrittenMemory, length, CodecLimits.Default).Parameters.Count.ShouldBe(request.Parameters.Count);
        }
        else if (result is InferResponse response)
        {
            Use(response.Outputs);
            var length = InferCodec.WriteResponse(buffer, response, _ => true);
            InferCodec.ReadResponse(buffer.WrittenMemory, length, CodecLimits.Default).Id.ShouldBe(response.Id);
        }
    }

    private static void Use(IReadOnlyList<Tensor> tensors)
    {
        foreach (var tensor in tensors)
        {
            TensorRows.Validate(tensor, "accepted tensor");
            TensorRows.Slice(tensor, 0, tensor.Rows).Length.ShouldBe(tensor.Data.Length);
            TensorRows.Split(tensor, [tensor.Rows]).ShouldHaveSingleItem();
        }
    }

    private static (byte[] Body, int? Length) Seed(Random random, int i)
    {
        var types = i % 2 == 0 ? JsonTypes : AllTypes;
        var tensors = Enumerable.Range(0, random.Next(1, 4)).Select(n => RandomTensors.Next(random, types[random.Next(types.Length)], $"x{n}")).ToArray();
        var buffer = new ArrayBufferWriter<byte>();
        int? length = null;
        switch (i % 8)
        {
            case 0: ModelMetadataCodec.Write(buffer, new ModelMetadata { Name = "m", Versions = ["1"], Inputs = [.. tensors.Select(t => new TensorMetadata(t.Name, t.DataType, t.Shape))], Outputs = [] }); break;
            case 1: ServerMetadataCodec.Write(buffer, new ServerMetadata("n", "1", ["binary_tensor_data"])); break;
            case 2: InferCodec.WriteResponse(buffer, new InferResponse { ModelName = "m", Outputs = tensors }, null); break;
            case 3: length = InferCodec.WriteResponse(buffer, new InferResponse { ModelName = "m", Outputs = tensors, RowErrors = new Dictionary<int, string> { [0] = "e" } }, _ => true); break;
            case 4 or 6: InferCodec.WriteJsonRequest(buffer, new InferRequest { Id = "i", Inputs = tensors, Outputs = [new RequestedOutput("y", true)] }); break;
            default: length = InferCodec.WriteBinaryRequest(buffer, new InferRequest { Inputs = tensors }); break;
        }

        return (buffer.WrittenSpan.ToArray(), length);
    }

    private static (byte[] Body, int? Length) Mutate(Random random, (byte[] Body, int? Length) seed)
    {
        var body = seed.Body.ToList();
        var length = seed.Length;
        for (var n = random.Next(0, 4); n > 0; n--)
        {
            var at = random.Next(body.Count + 1);
            switch (random.Next(9))
            {
                case 0: body.RemoveRange(at, Math.Min(body.Count - at, random.Next(1, 20))); break;
                case 1: body.RemoveRange(at, body.Count - at); break;
                case 2 when at < body.Count: body[at] ^= (byte)(1 << random.Next(8)); break;
                case 3 when at < body.Count: body[at] = (byte)random.Next(256); break;
                case 4: length = random.Next(5) switch { 0 => null, 1 => 0, 2 => -1, 3 => int.MaxValue, _ => random.Next(body.Count + 2) }; break;
                case 5: body.AddRange(new byte[random.Next(1, 30)]); break;
                case 6: body.InsertRange(at, body.Skip(random.Next(body.Count + 1)).Take(random.Next(40)).ToArray()); break;
                default: InsertToken(random, body, at, ref length); break;
            }
        }

        return ([.. body], length);
    }

    private static void InsertToken(Random random, List<byte> body, int at, ref int? length)
    {
        var token = Utf8(Tokens[random.Next(Tokens.Length)]);
        if (random.Next(2) == 0 && at + token.Length <= body.Count)
        {
            body.RemoveRange(at, random.Next(token.Length + 1));
        }

        body.InsertRange(at, token);
        if (length is > 0 and < 100_000 && at < length && random.Next(2) == 0)
        {
            length += token.Length;
        }
    }
}
