using System.Buffers;
using System.Text;
using Orchestrator.Host.Tests.Rig;
using Orchestrator.Protocol;

namespace Orchestrator.Host.Tests.Query;

/// <summary>Malformed requests from a seed: no 500, an answer to everything that is HTTP, and the server answers after.</summary>
[Collection(SharedRigCollection.Name)]
public sealed class FuzzTests(SharedRig shared)
{
    private const int Requests = 100_000;
    private const int Connections = 8;
    private const int Seed = 20261122;

    private static readonly string[] Paths =
    [
        "/sum/predict", "/people/predict", "/matrix/predict", "/text/predict", "/sum-default/predict", "/v2/models/sum/infer", "/v2/models/people/infer",
        "/v2/models/text/versions/1/infer", "/v2/repository/index", "/v2/models/sum", "/v2/health/ready", "/nope/predict", "/containers/nope/1/x", "/%2f%00/predict", "//predict", "/v2/models//infer", "/",
    ];

    private static readonly string[] Bodies =
    [
        """{"input": [1.5, 2, 3, 4], "version": "1", "user_id": "x"}""",
        """{"input_batch": [[1,2,3,4],[5,6,7,8]]}""",
        """{"input": {"age": 40, "city": "Rome", "note": null}}""",
        """{"input_batch": [{"age": 40, "city": "R\u00f6m"}, [1, "x", "y"]]}""",
        """{"input": [[1,2],[3,4]]}""",
        """{"input": "text"}""",
        """{"id":"a","parameters":{"timeout":100000,"x":true},"inputs":[{"name":"input","shape":[1,4],"datatype":"FP64","data":[1,2,3,4]}],"outputs":[{"name":"total","parameters":{"binary_data":true}}]}""",
        """{"inputs":[{"name":"age","shape":[2],"datatype":"INT8","data":[3,4]},{"name":"city","shape":[2,1],"datatype":"BYTES","data":["a","b"]}]}""",
        """{"inputs":[{"name":"t","shape":[1],"datatype":"BYTES","data":["x"]}]}""",
        """{"ready": true}""",
    ];

    private static readonly string[] Tokens =
    [
        "[", "]", "{", "}", ",", ":", "\"", "null", "true", "-", "1e999", "-1", "99999999999999999999", "0.1", "\\u0000", "\\ud800", "\"input\"", "\"shape\":[-1]", "NaN",
        "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "\"binary_data_size\":4", "\"binary_data_size\":9223372036854775807", "\0", "é", "\ud83d\ude00", "\"datatype\":\"BF16\"", "\"shape\":[4294967296,4294967296]",
    ];

    private static readonly string[] Headers =
    [
        "Inference-Header-Content-Length: 0", "Inference-Header-Content-Length: 10", "Inference-Header-Content-Length: 99999999999", "Inference-Header-Content-Length: -5", "Content-Encoding: gzip",
        "Content-Encoding: deflate", "Content-Encoding: x", "Orchestrator-Timeout-Ms: x", "Orchestrator-Timeout-Ms: 0.5", "Orchestrator-Key: k", "Content-Type: text/plain", "Expect: 100-continue2", "Accept-Encoding: gzip",
    ];

    private static readonly byte[] Binary = BinaryRequest(out _);

    [Fact]
    public async Task Send_HundredThousandMalformedRequests_NoneIsA500AndTheServerAnswersAfter()
    {
        var counts = new int[600];
        await Task.WhenAll(Enumerable.Range(0, Connections).Select(c => Task.Run(() => SendManyAsync(new Random(Seed + c), counts))));

        counts[500].ShouldBe(0);
        counts.Sum().ShouldBe(Requests);
        (counts[200] + counts[400] + counts[404]).ShouldBeGreaterThan(Requests / 2);
        var answer = await shared.Host.Query.PostAsync("/sum/predict", """{"input": [1,2,3,4]}""");
        answer.Status.ShouldBe(200, answer.Text);
    }

    private async Task SendManyAsync(Random random, int[] counts)
    {
        using var connection = new RawConnection(shared.Host.Query.BaseAddress!);
        for (var i = 0; i < Requests / Connections; i++)
        {
            var request = Next(random);
            var answer = await connection.SendAsync(request, TestContext.Current.CancellationToken);
            if (answer is { Status: 500 } failure)
            {
                throw new InvalidOperationException($"500 {failure.Body} for\n{Encoding.Latin1.GetString(request)}");
            }

            Interlocked.Increment(ref counts[answer?.Status ?? 0]);
        }
    }

    private static byte[] Next(Random random)
    {
        var body = random.Next(6) == 0 ? (byte[])Binary.Clone() : Encoding.UTF8.GetBytes(Bodies[random.Next(Bodies.Length)]);
        for (var mutations = random.Next(1, 5); mutations > 0; mutations--)
        {
            body = Mutate(body, random);
        }

        var verb = random.Next(20) switch { 0 => "GET", 1 => "PUT", 2 => "HEAD0", _ => "POST" };
        var head = new StringBuilder($"{verb} {Paths[random.Next(Paths.Length)]} HTTP/1.1\r\nHost: x\r\n");
        if (random.Next(3) == 0)
        {
            head.Append(Headers[random.Next(Headers.Length)]).Append("\r\n");
        }

        head.Append("Content-Length: ").Append(body.Length).Append("\r\n\r\n");
        return [.. Encoding.ASCII.GetBytes(head.ToString()), .. body];
    }

    private static byte[] Mutate(byte[] body, Random random)
    {
        var at = random.Next(body.Length + 1);
        switch (random.Next(5))
        {
            case 0 when at < body.Length:
                body[at] ^= (byte)(1 << random.Next(8));
                return body;
            case 1:
                return body[..at];
            case 2:
                var end = random.Next(at, body.Length + 1);
                return [.. body[..at], .. body[end..]];
            case 3:
                return [.. body[..at], .. body[random.Next(at + 1)..]];
            default:
                return [.. body[..at], .. Encoding.UTF8.GetBytes(Tokens[random.Next(Tokens.Length)]), .. body[at..]];
        }
    }

    private static byte[] BinaryRequest(out int headerLength)
    {
        var writer = new ArrayBufferWriter<byte>();
        headerLength = InferCodec.WriteBinaryRequest(writer, new InferRequest { Inputs = [Tensors.Of("input", [1, 4], 1, 2, 3, 4)] });
        return writer.WrittenSpan.ToArray();
    }
}
