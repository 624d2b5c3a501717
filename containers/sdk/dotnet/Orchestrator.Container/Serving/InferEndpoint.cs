using System.Globalization;
using Microsoft.AspNetCore.Http;
using Orchestrator.Protocol;

namespace Orchestrator.Container;

/// <summary>
/// <c>POST .../infer</c>: body, decoding and encoding on the server's threads, computing on a worker. The body's memory lives until the answer was written, because
/// inputs are slices of it and outputs may be inputs: so a request whose caller has gone still waits for its batch to end.
/// </summary>
internal sealed class InferEndpoint(LoadedModel loaded, BatchWorkers workers, ContainerSettings settings, TimeProvider time)
{
    private const int AnswerGuess = 4096;
    private static readonly Func<string, bool> AllBinary = static _ => true;
    private readonly RequestBinder _binder = new(loaded.Signature);
    private readonly CodecLimits _limits = CodecLimits.Default with { MaxTensorBytes = Math.Max(CodecLimits.Default.MaxTensorBytes, settings.MaxBodyBytes) };

    public async Task HandleAsync(HttpContext context)
    {
        var arrived = time.GetTimestamp();
        try
        {
            var headers = InferHeaders.Read(context.Request.Headers);
            using var body = await BodyReader.ReadAsync(context.Request, settings.MaxBodyBytes, context.RequestAborted).ConfigureAwait(false);
            if (body is null)
            {
                await Answers.ErrorAsync(context, StatusCodes.Status413PayloadTooLarge,
                    $"the body has more than {settings.MaxBodyBytes} bytes, the limit of this container (twice ORCHESTRATOR_MAX_BATCH_BYTES plus 1 MiB)").ConfigureAwait(false);
                return;
            }

            await AnswerAsync(context, headers, body, DeadlineOf(headers, arrived)).ConfigureAwait(false);
        }
        catch (ProtocolException wrong)
        {
            await Answers.ErrorAsync(context, StatusCodes.Status400BadRequest, wrong.Message).ConfigureAwait(false);
        }
    }

    private long? DeadlineOf(in InferHeaders headers, long arrived)
    {
        // A budget of years would overflow the timestamp and is as good as none.
        const double NoDeadlineMs = 1e12;
        return headers.BudgetMs is { } budget && budget < NoDeadlineMs
            ? arrived + (long)(Math.Max(budget, 0) / 1000 * time.TimestampFrequency)
            : null;
    }

    private async Task AnswerAsync(HttpContext context, InferHeaders headers, PooledBuffer body, long? deadline)
    {
        if (!workers.TryAdmit())
        {
            context.Response.Headers[ContractNames.Busy] = "1";
            await Answers.ErrorAsync(context, StatusCodes.Status503ServiceUnavailable, $"busy: {workers.Concurrency} computing and {workers.Waiting} waiting").ConfigureAwait(false);
            return;
        }

        using var decoded = Decode(headers, body, deadline, context.RequestAborted);
        var outcome = await decoded.Job.Completion.ConfigureAwait(false);
        SetTimings(context.Response, decoded.Job);
        switch (outcome)
        {
            case JobOutcome.Done:
                await WriteAsync(context, decoded).ConfigureAwait(false);
                break;
            case JobOutcome.Failed:
                var failure = decoded.Job.Failure!;
                await Answers.ErrorAsync(context, StatusCodes.Status500InternalServerError, $"{failure.GetType().Name}: {failure.Message}").ConfigureAwait(false);
                break;
            case JobOutcome.TooLate:
                await Answers.ErrorAsync(context, StatusCodes.Status504GatewayTimeout, "the deadline had passed before the batch began to compute").ConfigureAwait(false);
                break;
            default:
                // The caller has gone: there is nobody to answer.
                context.Abort();
                break;
        }
    }

    private DecodedRequest Decode(in InferHeaders headers, PooledBuffer body, long? deadline, CancellationToken caller)
    {
        DecodedRequest? decoded = null;
        try
        {
            var request = InferCodec.ReadRequest(body.Written, headers.HeaderLength, _limits, headers.HeaderLength == 0 ? _binder.RawInput : null);
            var inputs = _binder.BindInputs(request, body.Length);
            var requested = _binder.BindOutputs(request);
            var outputs = new OutputBuffers(loaded.Signature, inputs[0].Rows);
            var batch = new Batch(inputs, outputs, request, headers.TraceParent, () => deadline is { } end ? time.GetElapsedTime(time.GetTimestamp(), end) : null);
            decoded = new DecodedRequest(new BatchJob(batch, time.GetTimestamp(), deadline, caller), requested);
            return decoded;
        }
        finally
        {
            if (decoded is null)
            {
                workers.Leave();
            }
            else
            {
                workers.Enqueue(decoded.Job);
            }
        }
    }

    private async Task WriteAsync(HttpContext context, DecodedRequest decoded)
    {
        var batch = decoded.Job.Batch;
        var outputs = new Tensor[decoded.Outputs.Length];
        for (var i = 0; i < outputs.Length; i++)
        {
            outputs[i] = batch.OutputBuffers[decoded.Outputs[i].Index];
        }

        using var body = new PooledBuffer(AnswerGuess);
        var headerLength = InferCodec.WriteResponse(body, new InferResponse
        {
            ModelName = settings.Model,
            ModelVersion = settings.Version,
            Id = batch.Id,
            Outputs = outputs,
            RowErrors = batch.RowErrors,
            InvalidRows = batch.InvalidRows,
        }, BinaryChoice(decoded.Outputs, outputs));

        var response = context.Response;
        response.ContentType = headerLength is null ? ContractNames.JsonContentType : ContractNames.BinaryContentType;
        response.ContentLength = body.Length;
        if (headerLength is { } length)
        {
            response.Headers[ContractNames.HeaderLength] = length.ToString(CultureInfo.InvariantCulture);
        }

        await response.BodyWriter.WriteAsync(body.Written, context.RequestAborted).ConfigureAwait(false);
    }

    private static Func<string, bool>? BinaryChoice((int Index, bool Binary)[] requested, Tensor[] outputs)
    {
        if (Array.TrueForAll(requested, r => r.Binary))
        {
            return AllBinary;
        }

        return Array.Exists(requested, r => r.Binary)
            ? name => requested[Array.FindIndex(outputs, o => o.Name == name)].Binary
            : null;
    }

    private void SetTimings(HttpResponse response, BatchJob job)
    {
        response.Headers[ContractNames.QueueUs] = Microseconds(job.Queued);
        response.Headers[ContractNames.ComputeUs] = Microseconds(job.Computed);
        response.Headers[ContractNames.ModelVersion] = settings.Version;
    }

    private static string Microseconds(TimeSpan duration) =>
        ((long)duration.TotalMicroseconds).ToString(CultureInfo.InvariantCulture);

    /// <summary>A batch and what to answer of it.</summary>
    private sealed record DecodedRequest(BatchJob Job, (int Index, bool Binary)[] Outputs) : IDisposable
    {
        public void Dispose() => Job.Batch.OutputBuffers.Dispose();
    }
}
