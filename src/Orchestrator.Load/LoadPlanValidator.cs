using System.Net;

namespace Orchestrator.Load;

/// <summary>Refuses a plan that cannot be run, or that would load another machine than this one.</summary>
internal static class LoadPlanValidator
{
    private const int MaxConnections = 4096;
    private static readonly TimeSpan MaxDuration = TimeSpan.FromHours(1);
    private static readonly TimeSpan MinInterval = TimeSpan.FromMilliseconds(10);
    private static readonly string[] OwnHeaders = ["Host", "Content-Type", "Content-Length", "Transfer-Encoding", "Connection"];

    /// <summary>The address to connect to.</summary>
    /// <exception cref="ArgumentException">The plan is wrong; the message lists everything that is.</exception>
    public static IPEndPoint Validate(LoadPlan plan)
    {
        var errors = new List<string>();
        var endpoint = ReadEndpoint(plan.Uri, errors);
        Expect(errors, plan.Connections is >= 1 and <= MaxConnections, $"Connections: expected 1 to {MaxConnections}, got {plan.Connections}");
        Expect(errors, plan.Duration > TimeSpan.Zero && plan.Duration <= MaxDuration, $"Duration: expected more than 0 and at most {MaxDuration}, got {plan.Duration}");
        Expect(errors, plan.Requests is null or > 0, $"Requests: expected at least 1, got {plan.Requests}");
        Expect(errors, plan.WarmUp >= TimeSpan.Zero && plan.WarmUp < plan.Duration, $"WarmUp: expected 0 up to less than the duration {plan.Duration}, got {plan.WarmUp}");
        Expect(errors, plan.Rate is null or (> 0 and <= 1_000_000), $"Rate: expected more than 0 and at most 1,000,000 requests a second, got {plan.Rate}");
        Expect(errors, plan.Slo is null || plan.Slo > TimeSpan.Zero, $"Slo: expected more than 0, got {plan.Slo}");
        Expect(errors, plan.RequestTimeout > TimeSpan.Zero, $"RequestTimeout: expected more than 0, got {plan.RequestTimeout}");
        Expect(errors, plan.Interval >= MinInterval, $"Interval: expected at least {MinInterval}, got {plan.Interval}");
        foreach (var (name, value) in plan.Headers)
        {
            Expect(errors, !OwnHeaders.Contains(name, StringComparer.OrdinalIgnoreCase), $"Headers: {name} is written by the load generator itself, leave it out");
            Expect(errors, !$"{name}{value}".AsSpan().ContainsAny('\r', '\n'), $"Headers: {name} holds a line break");
        }

        return errors.Count == 0 ? endpoint! : throw new ArgumentException("The load plan is wrong: " + string.Join("; ", errors), nameof(plan));
    }

    private static IPEndPoint? ReadEndpoint(Uri uri, List<string> errors)
    {
        if (!uri.IsAbsoluteUri || uri.Scheme != Uri.UriSchemeHttp)
        {
            errors.Add($"Uri: expected an absolute http address, got {uri}");
            return null;
        }

        var address = uri.Host == "localhost" ? IPAddress.Loopback : IPAddress.TryParse(uri.DnsSafeHost, out var parsed) ? parsed : null;
        if (address is null || !IPAddress.IsLoopback(address))
        {
            errors.Add($"Uri: load goes to this machine only (127.0.0.1, [::1] or localhost), got host {uri.Host}");
            return null;
        }

        return new IPEndPoint(address, uri.Port);
    }

    private static void Expect(List<string> errors, bool holds, string otherwise)
    {
        if (!holds)
        {
            errors.Add(otherwise);
        }
    }
}
