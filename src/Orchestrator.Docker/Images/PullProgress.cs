using System.Globalization;
using Orchestrator.Docker.Engine;

namespace Orchestrator.Docker.Images;

/// <summary>Adds up the layers of a pull into one line. Changes seldom: each change is shown to people and kept as an event.</summary>
internal sealed class PullProgress(string image)
{
    private const int Step = 10;
    private readonly Dictionary<string, (long Current, long Total)> _layers = new(StringComparer.Ordinal);
    private string _last = "";

    /// <summary>The line if it is a new one, else null.</summary>
    public string? Take(ProgressMessage message)
    {
        if (message is { Id: { } layer, Status: "Downloading", Detail: { Total: > 0 } detail })
        {
            _layers[layer] = (detail.Current, detail.Total);
        }
        else if (message is { Id: { } done, Status: "Download complete" or "Pull complete" } && _layers.TryGetValue(done, out var whole))
        {
            _layers[done] = (whole.Total, whole.Total);
        }

        var total = _layers.Values.Sum(l => l.Total);
        var percent = total == 0 ? 0 : _layers.Values.Sum(l => l.Current) * 100 / total / Step * Step;
        var line = total == 0 ? $"pulling {image}" : string.Create(CultureInfo.InvariantCulture, $"pulling {image}: {percent} % of what is known of it");
        if (line == _last)
        {
            return null;
        }

        _last = line;
        return line;
    }
}
