using Orchestrator.Core.Time;
using Orchestrator.Host.Options;
using Orchestrator.Host.Query.Applications.Features;
using Orchestrator.Host.Query.Http;
using Orchestrator.Serving.Routing;

namespace Orchestrator.Host.Query.Applications;

/// <summary>Reads the body of a <c>/{app}/predict</c> request to the last tensor; features are looked up only for an application that has some and a request that names an entity.</summary>
internal sealed class PredictBodyReader(FeatureJoiner joiner, HostOptions options)
{
    private readonly int _maxBodyBytes = options.MaxBodyBytes;

    /// <exception cref="PredictRequestException">It is not what the application takes.</exception>
    /// <exception cref="InvalidDataException">It is not compressed as it says.</exception>
    public async ValueTask<PredictRequest> ReadAsync(HttpContext context, ApplicationEntry application, ServingTable table, Deadline deadline)
    {
        // Tensors are copied out of the body while it is read, so the body goes back to the pool at once.
        using var body = await PlainBody.ReadAsync(context.Request, _maxBodyBytes, context.RequestAborted);
        var key = context.Request.Headers.TryGetValue(PredictMiddleware.KeyHeader, out var header) ? header.ToString() : null;
        if (application.Features is not null && EntityRequestReader.TryRead(body.Span, application, table, key) is { } request)
        {
            return await joiner.JoinAsync(body.Memory, request, application, deadline);
        }

        return PredictRequestReader.Read(body.Span, application, table, key);
    }
}
