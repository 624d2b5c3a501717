using System.Globalization;
using Orchestrator.Protocol;

namespace Orchestrator.Conformance.Checks;

internal sealed class KeepAliveCheck() : ContractCheck("connection.keep-alive", "keeps the connection for the next request", CheckLevel.Required)
{
    private const int Requests = 5;

    public override async Task RunAsync(CheckContext context, CancellationToken cancellationToken)
    {
        using var client = new ContainerClient(context.Target, context.Time, maxConnections: 1);
        var body = new InferCall { Inputs = context.JsonRows() }.ToBody();
        for (var i = 0; i < Requests; i++)
        {
            (await client.PostInferAsync(body, cancellationToken)).ExpectStatus(200);
        }

        if (client.Connections != 1)
        {
            throw new CheckFailedException($"one connection for {Requests} requests", client.Connections.ToString(CultureInfo.InvariantCulture));
        }
    }
}

internal sealed class ConcurrentRequestsCheck() : ContractCheck("infer.concurrent", "answers requests that come at the same time, each with its own rows", CheckLevel.Required)
{
    private const int Parallel = 16;
    private const int MaxTries = 500;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    public override async Task RunAsync(CheckContext context, CancellationToken cancellationToken)
    {
        var calls = Enumerable.Range(0, Parallel).Select(i => new InferCall { Inputs = context.JsonRows(0, i), Id = i.ToString(CultureInfo.InvariantCulture) }).ToArray();
        var expected = new List<InferResponse>();
        foreach (var call in calls)
        {
            expected.Add(await context.Client.InferAsync(call, cancellationToken));
        }

        var got = await Task.WhenAll(calls.Select(call => InferPatientlyAsync(context, call, cancellationToken)));
        for (var i = 0; i < Parallel; i++)
        {
            if (got[i].Id != calls[i].Id)
            {
                throw new CheckFailedException($"id {calls[i].Id}", got[i].Id ?? "none");
            }

            context.ExpectEqual(expected[i].Outputs, got[i].Outputs, $"one of {Parallel} answers at the same time, against the same request alone,");
        }
    }

    /// <summary>Busy is no failure: the orchestrator would give the batch to another replica.</summary>
    private static async Task<InferResponse> InferPatientlyAsync(CheckContext context, InferCall call, CancellationToken cancellationToken)
    {
        var body = call.ToBody();
        for (var i = 0; i < MaxTries; i++)
        {
            var answer = await context.Client.PostInferAsync(body, cancellationToken);
            if (answer.Status != 503 || (context.HasContainerExtension && answer.Header(ContractNames.Busy) != "1"))
            {
                return answer.ExpectInference();
            }

            await Task.Delay(Pause, context.Time, cancellationToken);
        }

        throw new CheckFailedException($"an answer within {MaxTries} tries while others are computed", "503 to each");
    }
}
