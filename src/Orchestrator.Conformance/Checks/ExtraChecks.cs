using System.Globalization;
using System.Text;
using Orchestrator.Protocol;

namespace Orchestrator.Conformance.Checks;

internal sealed class TimingHeadersCheck() : ContractCheck("extra.timing-headers", "tells how long a batch waited and computed", CheckLevel.Extra)
{
    private const double MicrosecondsPerMillisecond = 1000;

    public override async Task RunAsync(CheckContext context, CancellationToken cancellationToken)
    {
        var answer = (await context.Client.PostInferAsync(new InferCall { Inputs = context.JsonRows() }.ToBody(), cancellationToken)).ExpectStatus(200);
        var total = Read(answer, ContractNames.QueueUs) + Read(answer, ContractNames.ComputeUs);
        if (total > answer.Elapsed.TotalMilliseconds * MicrosecondsPerMillisecond)
        {
            throw new CheckFailedException($"less than the round trip ({answer.Elapsed.TotalMilliseconds.ToString("0.0", CultureInfo.InvariantCulture)} ms) in {ContractNames.QueueUs} and {ContractNames.ComputeUs}", $"{total} us");
        }
    }

    private static long Read(Answer answer, string header)
    {
        var text = answer.Header(header);
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : throw new CheckFailedException($"whole microseconds in the header {header}", text ?? "no such header");
    }
}

internal sealed class VersionHeaderCheck() : ContractCheck("extra.version-header", "tells which version computed", CheckLevel.Extra)
{
    public override async Task RunAsync(CheckContext context, CancellationToken cancellationToken)
    {
        var answer = (await context.Client.PostInferAsync(new InferCall { Inputs = context.JsonRows() }.ToBody(), cancellationToken)).ExpectStatus(200);
        var version = answer.Header(ContractNames.ModelVersion);
        if (version is null || !context.Model.Versions.Contains(version))
        {
            throw new CheckFailedException($"{string.Join(" or ", context.Model.Versions)} in the header {ContractNames.ModelVersion}", version ?? "no such header");
        }
    }
}

internal sealed class DeadlineCheck() : ContractCheck("extra.deadline", "refuses a batch whose deadline has passed, with 504", CheckLevel.Extra)
{
    public override async Task RunAsync(CheckContext context, CancellationToken cancellationToken)
    {
        var body = new InferCall { Inputs = context.JsonRows() }.ToBody();
        (await PostAsync(context, body, "0", cancellationToken)).ExpectError(504);
        (await PostAsync(context, body, "60000", cancellationToken)).ExpectInference();
    }

    private static Task<Answer> PostAsync(CheckContext context, InferBody body, string milliseconds, CancellationToken cancellationToken) =>
        context.Client.PostAsync(context.Client.InferPath, body, r => r.Headers.TryAddWithoutValidation(ContractNames.DeadlineMs, milliseconds), cancellationToken);
}

internal sealed class BodyLimitCheck() : ContractCheck("extra.body-limit", "refuses a body over the limit with 413", CheckLevel.Extra)
{
    private const long Reserve = 1024 * 1024;

    public override async Task RunAsync(CheckContext context, CancellationToken cancellationToken)
    {
        var limit = (2 * context.Target.MaxBatchBytes) + Reserve;
        if (limit >= Array.MaxLength / 2)
        {
            throw new CheckSkippedException($"the limit of {limit} bytes is too large to be tried");
        }

        // The answer may come before the body is sent: so ask first, or the connection breaks in the middle of it.
        var body = new byte[limit + 1];
        Array.Fill(body, (byte)' ');
        (await context.Client.PostAsync(context.Client.InferPath, new InferBody(body, null), r => r.Headers.ExpectContinue = true, cancellationToken)).ExpectError(413);
        (await context.Client.PostInferAsync(new InferCall { Inputs = context.JsonRows() }.ToBody(), cancellationToken)).ExpectStatus(200);
    }
}

internal sealed class BusyCheck() : ContractCheck("extra.busy", "refuses what is more than one batch ahead (two where one computes at a time) with 503 and the header Orchestrator-Busy", CheckLevel.Extra)
{
    private const int Sent = 5;

    public override async Task RunAsync(CheckContext context, CancellationToken cancellationToken)
    {
        var slow = context.Target.SlowSample ?? throw new CheckSkippedException("needs an input that computes for long, and none was given");
        var concurrency = context.Model.Properties.TryGetValue("concurrency", out var text) && int.TryParse(text, out var told) ? told : 1;
        var body = new InferCall { Inputs = slow.Inputs }.ToBody();
        var answers = await Task.WhenAll(Enumerable.Range(0, concurrency + Sent).Select(_ => context.Client.PostInferAsync(body, cancellationToken)));
        if (answers.FirstOrDefault(a => a.Status is not (200 or 503)) is { } other)
        {
            throw new CheckFailedException("200 or 503 to each", other.Excerpt);
        }

        var refused = answers.Where(a => a.Status == 503).ToArray();
        var mostWaiting = concurrency == 1 ? 2 : 1;
        if (refused.Length > Sent - 1 || refused.Length < Sent - mostWaiting || refused.Any(a => a.Header(ContractNames.Busy) != "1"))
        {
            var marked = refused.Count(a => a.Header(ContractNames.Busy) == "1");
            var expected = mostWaiting == 1 ? $"{Sent - 1}" : $"{Sent - mostWaiting} or {Sent - 1}";
            throw new CheckFailedException($"{expected} of {answers.Length} refused with 503 and {ContractNames.Busy}: 1", $"{refused.Length} refused, {marked} of them marked");
        }
    }
}

internal sealed class ErrorBodyCheck() : ContractCheck("extra.error-names-input", "says which input is wrong and what was expected", CheckLevel.Extra)
{
    public override async Task RunAsync(CheckContext context, CancellationToken cancellationToken)
    {
        var inputs = context.JsonRows();
        inputs[0] = inputs[0] with { Shape = [.. inputs[0].Shape, 1, 1] };
        var answer = await context.Client.PostInferAsync(new InferCall { Inputs = inputs }.ToBody(), cancellationToken);
        var error = ErrorBody.TryRead(answer.ExpectError(400).Body)!;
        if (!error.Contains(inputs[0].Name, StringComparison.Ordinal) || !error.Contains("expected", StringComparison.Ordinal))
        {
            throw new CheckFailedException($"an error that names input '{inputs[0].Name}' and what was expected", Encoding.UTF8.GetString(answer.Body));
        }
    }
}
