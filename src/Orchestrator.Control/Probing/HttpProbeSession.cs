using System.Net;
using System.Text;
using Orchestrator.Core;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Serving;
using Orchestrator.Protocol;

namespace Orchestrator.Control.Probing;

/// <summary>Questions to one container over HTTP.</summary>
internal sealed class HttpProbeSession(HttpClient client, ControlOptions options, TimeProvider time) : IProbeSession
{
    private const int ErrorTextLength = 500;

    /// <summary>Most bytes of metadata or of a health answer: far above the largest signature there may be. Inference has the codec's own limit.</summary>
    private const int MaxAnswerBytes = 4 * 1024 * 1024;

    /// <summary>How long one question of a starting container may stay open before it is asked again.</summary>
    private static readonly TimeSpan QuestionTimeout = TimeSpan.FromSeconds(5);

    public async Task<ProbeOutcome> ProbeAsync(ModelVersionId id, TimeSpan budget, CancellationToken cancellationToken)
    {
        if (await WaitUntilReadyAsync(budget, cancellationToken) is { } failure)
        {
            return ProbeOutcome.Unusable(failure);
        }

        try
        {
            var server = await ReadServerAsync(cancellationToken);
            var answer = await AskAsync($"v2/models/{Uri.EscapeDataString(id.Model)}", QuestionTimeout, cancellationToken);
            return answer.Status == HttpStatusCode.OK
                ? ContractReader.Read(id, server, ModelMetadataCodec.Read(answer.Body, CodecLimits.Default))
                : ProbeOutcome.Unusable($"it is ready, but GET /v2/models/{id.Model} answered {answer}; expected 200 with the model's metadata");
        }
        catch (ProtocolException exception)
        {
            return ProbeOutcome.Unusable($"what it says of itself is not the Open Inference Protocol: {exception.Message}");
        }
        catch (Exception exception) when (IsBroken(exception, cancellationToken))
        {
            return ProbeOutcome.Unusable($"it was ready, then the connection broke while it was asked for metadata: {exception.Message}");
        }
    }

    public async Task<WarmUpOutcome> WarmUpAsync(
        ModelVersionId id, ReplicaContract contract, BatchingSpec batching, TimeSpan budget, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        var latencies = new List<BatchLatency>();
        var first = true;
        foreach (var rows in WarmUpSizes.Of(contract, batching, options))
        {
            if (latencies.Count > 0 && time.GetElapsedTime(began) >= options.WarmUpBudget)
            {
                break;
            }

            var left = budget - time.GetElapsedTime(began);
            var (duration, warning, failure) = await InferAsync(id, contract, rows, left, cancellationToken);
            if (warning is not null || failure is not null)
            {
                return new WarmUpOutcome(latencies, warning, failure);
            }

            // The very first call pays for lazy initialisation in the container and says nothing about the next one.
            if (!first)
            {
                latencies.Add(new BatchLatency(rows, duration));
            }

            first = false;
        }

        return new WarmUpOutcome(latencies, null, null);
    }

    public async Task<string?> CheckAsync(CancellationToken cancellationToken)
    {
        try
        {
            var answer = await AskAsync("v2/health/ready", options.HealthTimeout, cancellationToken);
            return answer.Status == HttpStatusCode.OK ? null : $"GET /v2/health/ready answered {answer}";
        }
        catch (Exception exception) when (IsBroken(exception, cancellationToken))
        {
            return $"GET /v2/health/ready: {Describe(exception, options.HealthTimeout)}";
        }
    }

    public void Dispose() => client.Dispose();

    private async Task<string?> WaitUntilReadyAsync(TimeSpan budget, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        var pause = options.ReadinessPoll;
        var live = false;
        for (; ; )
        {
            var path = live ? "v2/health/ready" : "v2/health/live";
            string last;
            try
            {
                var answer = await AskAsync(path, QuestionTimeout, cancellationToken);
                if (answer.Status == HttpStatusCode.OK)
                {
                    if (live)
                    {
                        return null;
                    }

                    live = true;
                    continue;
                }

                last = $"GET /{path} answered {answer}";
            }
            catch (Exception exception) when (IsBroken(exception, cancellationToken))
            {
                last = $"GET /{path}: {Describe(exception, QuestionTimeout)}";
            }

            if (time.GetElapsedTime(began) + pause >= budget)
            {
                return $"not ready within {Durations.Describe(budget)}; the last question: {last}. Raise startupTimeout if it only needs longer";
            }

            await Task.Delay(pause, time, cancellationToken);
            pause = pause * 2 < options.ReadinessPollMax ? pause * 2 : options.ReadinessPollMax;
        }
    }

    // Server metadata is not everybody's strength; without it a container is a plain one that speaks JSON.
    private async Task<ServerMetadata> ReadServerAsync(CancellationToken cancellationToken)
    {
        var answer = await AskAsync("v2", QuestionTimeout, cancellationToken);
        return answer.Status == HttpStatusCode.OK ? ServerMetadataCodec.Read(answer.Body, CodecLimits.Default) : new ServerMetadata("", "", []);
    }

    private async Task<(TimeSpan Duration, string? Warning, string? Failure)> InferAsync(
        ModelVersionId id, ReplicaContract contract, int rows, TimeSpan budget, CancellationToken cancellationToken)
    {
        if (budget <= TimeSpan.Zero)
        {
            return (default, null, "warm-up did not end within startupTimeout");
        }

        using var request = SyntheticRequest.Create(id.Model, contract, rows);
        try
        {
            var began = time.GetTimestamp();
            var answer = await SendAsync(request, budget, CodecLimits.Default.MaxTensorBytes, cancellationToken);
            var duration = time.GetElapsedTime(began);
            return answer.Status == HttpStatusCode.OK
                ? (duration, null, null)
                : (default, $"warm-up with synthetic input of {rows} row{(rows == 1 ? "" : "s")} was answered {answer}; the replica serves without a latency profile", null);
        }
        catch (Exception exception) when (IsBroken(exception, cancellationToken))
        {
            return (default, null, $"warm-up with {rows} row{(rows == 1 ? "" : "s")}: {Describe(exception, budget)}");
        }
    }

    private async Task<Answer> AskAsync(string path, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        return await SendAsync(request, timeout, MaxAnswerBytes, cancellationToken);
    }

    private async Task<Answer> SendAsync(HttpRequestMessage request, TimeSpan timeout, long maxBytes, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        // Headers only: else the client itself would take the body in, whatever its length.
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
        return new Answer(response.StatusCode, await BoundedBody.ReadAsync(response.Content, maxBytes, either.Token));
    }

    private static bool IsBroken(Exception exception, CancellationToken cancellationToken) =>
        exception is HttpRequestException or IOException or ProtocolException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested);

    private static string Describe(Exception exception, TimeSpan timeout) =>
        exception is OperationCanceledException ? $"no answer within {Durations.Describe(timeout)}" : exception.Message;

    private readonly record struct Answer(HttpStatusCode Status, byte[] Body)
    {
        public override string ToString()
        {
            var text = Encoding.UTF8.GetString(Body.AsSpan(0, Math.Min(Body.Length, ErrorTextLength))).Trim();
            return text.Length == 0 ? $"{(int)Status}" : $"{(int)Status} {text}";
        }
    }
}
