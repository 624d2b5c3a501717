using System.Net;

namespace Orchestrator.Host.Admin;

/// <summary>
/// Keeps web pages of others from using the admin API through a user's browser: a browser says where a page came from, and it must be ourselves. Programs send no such
/// header and are not concerned. A name that an attacker made to point here (DNS rebinding) is refused where we listen on this machine only.
/// </summary>
internal sealed class BrowserGuard(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        var origin = request.Headers.Origin.ToString();
        var isBrowser = origin.Length > 0 || request.Headers.ContainsKey("Sec-Fetch-Site");
        if (!isBrowser)
        {
            return next(context);
        }

        var isOwnPage = origin.Length == 0 || (Uri.TryCreate(origin, UriKind.Absolute, out var uri) && uri.Authority == request.Host.Value);
        var isCrossSite = request.Headers["Sec-Fetch-Site"].ToString() is "cross-site" or "same-site";
        return isOwnPage && !isCrossSite && IsOwnName(context)
            ? next(context)
            : AdminErrors.WriteAsync(context, StatusCodes.Status403Forbidden, $"Pages of other origins may not use the admin API (Origin '{origin}', Host '{request.Host}').");
    }

    private static bool IsOwnName(HttpContext context)
    {
        var isLoopback = context.Connection.LocalIpAddress is { } local && IPAddress.IsLoopback(local);
        return !isLoopback || context.Request.Host.Host == "localhost" || IPAddress.TryParse(context.Request.Host.Host, out _);
    }
}
