using System.Diagnostics;
using Microsoft.AspNetCore.Http.Features;

namespace Orchestrator.Host.Telemetry;

/// <summary>
/// Names the spans of requests as OpenTelemetry's conventions for HTTP servers want it. Stands in for OpenTelemetry.Instrumentation.AspNetCore (decision 0000): ASP.NET Core
/// makes the spans itself, but nameless.
/// </summary>
internal static class RequestSpans
{
    /// <summary>To be the outermost step, and only where spans are exported: others need not pay for it.</summary>
    public static RequestDelegate Describe(RequestDelegate next) => async context =>
    {
        try
        {
            await next(context);
        }
        finally
        {
            if (context.Features.Get<IHttpActivityFeature>()?.Activity is { IsAllDataRequested: true } span)
            {
                Describe(span, context);
            }
        }
    };

    private static void Describe(Activity span, HttpContext context)
    {
        var method = context.Request.Method;
        var route = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText;
        var status = context.Response.StatusCode;
        span.DisplayName = route is null ? method : $"{method} {route}";
        span.SetTag("http.request.method", method);
        span.SetTag("http.route", route);
        span.SetTag("url.path", context.Request.Path.Value);
        span.SetTag("http.response.status_code", status);
        if (status >= StatusCodes.Status500InternalServerError)
        {
            span.SetStatus(ActivityStatusCode.Error);
        }
    }
}
