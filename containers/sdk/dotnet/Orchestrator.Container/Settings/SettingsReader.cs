using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Orchestrator.Container;

/// <summary>Reads <see cref="ContainerSettings"/>; an empty variable counts as unset. Collects every mistake, so that one start shows all of them.</summary>
internal sealed class SettingsReader
{
    /// <summary>The kernel's limit for a Unix socket's path (sun_path without its ending zero).</summary>
    private const int LongestSocketPath = 107;

    private readonly Func<string, string?> _variable;
    private readonly List<string> _mistakes = [];

    private SettingsReader(Func<string, string?> variable) => _variable = variable;

    /// <exception cref="ConfigurationException">At least one variable is wrong.</exception>
    public static ContainerSettings Read(Func<string, string?> variable)
    {
        var reader = new SettingsReader(variable);
        var settings = new ContainerSettings
        {
            Model = reader.Text("MODEL") ?? ContainerSettings.DefaultModel,
            Version = reader.Text("VERSION") ?? ContainerSettings.DefaultVersion,
            Artefact = reader.Artefact(),
            Host = reader.Text("HOST") ?? ContainerSettings.DefaultHost,
            Port = reader.Whole("PORT", ContainerSettings.DefaultPort, 0, 65535),
            Socket = reader.Socket(),
            Concurrency = reader.Whole("CONCURRENCY", ContainerSettings.DefaultConcurrency, 1, 256),
            Threads = reader.Whole("THREADS", ContainerSettings.DefaultThreads, 1, 1024),
            MaxBatchBytes = reader.Whole("MAX_BATCH_BYTES", ContainerSettings.DefaultMaxBatchBytes, 1, 512 * 1024 * 1024),
            Drain = reader.Seconds("DRAIN_SECONDS", ContainerSettings.DefaultDrainSeconds, 86400),
            Options = reader.Options(),
        };
        return reader._mistakes.Count == 0 ? settings : throw new ConfigurationException(string.Join("; ", reader._mistakes));
    }

    private string? Text(string name) => _variable($"ORCHESTRATOR_{name}") is { Length: > 0 } value ? value : null;

    private int Whole(string name, int fallback, int least, int most)
    {
        if (Text(name) is not { } text)
        {
            return fallback;
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most)
        {
            return value;
        }

        _mistakes.Add($"ORCHESTRATOR_{name} is '{text}', expected a whole number from {least} to {most}");
        return fallback;
    }

    private TimeSpan Seconds(string name, double fallback, double most)
    {
        var seconds = fallback;
        if (Text(name) is { } text && !(double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out seconds) && seconds <= most))
        {
            _mistakes.Add($"ORCHESTRATOR_{name} is '{text}', expected seconds from 0 to {most}");
            seconds = fallback;
        }

        return TimeSpan.FromSeconds(seconds);
    }

    private string? Artefact()
    {
        var path = Text("ARTEFACT");
        if (path is not null && !Path.Exists(path))
        {
            _mistakes.Add($"ORCHESTRATOR_ARTEFACT is '{path}', which does not exist; expected the path of the model's file or folder");
        }

        return path;
    }

    private string? Socket()
    {
        var path = Text("SOCKET");
        if (path is not null && Encoding.UTF8.GetByteCount(path) > LongestSocketPath)
        {
            _mistakes.Add($"ORCHESTRATOR_SOCKET has {Encoding.UTF8.GetByteCount(path)} bytes, a socket's path may have {LongestSocketPath}; choose a shorter folder");
        }

        return path;
    }

    private JsonElement Options()
    {
        var text = Text("OPTIONS") ?? "{}";
        try
        {
            var json = JsonElement.Parse(text);
            if (json.ValueKind == JsonValueKind.Object)
            {
                return json;
            }
        }
        catch (JsonException)
        {
            // Said below, together with JSON of another kind.
        }

        _mistakes.Add($"ORCHESTRATOR_OPTIONS is '{text}', expected a JSON object such as {{\"columns\":[\"a\",\"b\"]}}");
        return JsonElement.Parse("{}");
    }
}
