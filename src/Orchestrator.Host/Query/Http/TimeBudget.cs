using System.Globalization;

namespace Orchestrator.Host.Query.Http;

/// <summary>Reads how much time a client gives; it can only shorten what the application or model allows.</summary>
internal static class TimeBudget
{
    public const string HeaderName = "Orchestrator-Timeout-Ms";

    /// <summary>The shorter of <paramref name="allowed"/> and the request header.</summary>
    /// <returns>False: the header is no positive number.</returns>
    public static bool TryApplyHeader(HttpRequest request, ref TimeSpan allowed)
    {
        if (!request.Headers.TryGetValue(HeaderName, out var values))
        {
            return true;
        }

        if (!double.TryParse(values.ToString(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var milliseconds) || !(milliseconds > 0))
        {
            return false;
        }

        if (milliseconds < allowed.TotalMilliseconds)
        {
            allowed = TimeSpan.FromMilliseconds(milliseconds);
        }

        return true;
    }

    public const string HeaderMistake = $"Header {HeaderName}: expected a positive number of milliseconds, such as 15 or 2.5.";
}
