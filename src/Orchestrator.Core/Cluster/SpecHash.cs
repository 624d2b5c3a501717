using System.Security.Cryptography;
using System.Text.Json;
using Orchestrator.Core.Json;

namespace Orchestrator.Core.Cluster;

/// <summary>Names what of a version's spec a container depends on: equal hashes mean that a running container need not be replaced.</summary>
public static class SpecHash
{
    /// <summary>
    /// Hex SHA-256 over all that reaches the container's process: framework, artefact, options, command, environment, interpreter, image, concurrency, threads, most bytes of a batch, resources.
    /// What only the orchestrator reads (replicas, batching policy, cache, queue, timeouts, standby) is not in it.
    /// </summary>
    public static string Compute(ModelVersionSpec spec) => Hash(spec, withProcessSettings: true);

    /// <summary>Hex SHA-256 over what can never change under a version's name: framework, artefact, options, command, environment, interpreter, image.</summary>
    public static string ComputeImmutable(ModelVersionSpec spec) => Hash(spec, withProcessSettings: false);

    private static string Hash(ModelVersionSpec spec, bool withProcessSettings)
    {
        ArgumentNullException.ThrowIfNull(spec);
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            WriteImmutable(writer, spec);
            if (withProcessSettings)
            {
                writer.WriteNumber("concurrency", spec.Concurrency);
                writer.WriteNumber("threads", spec.Threads);
                writer.WriteNumber("maxBytes", spec.Batching.MaxBytes);
                WriteResources(writer, spec.Resources);
            }

            writer.WriteEndObject();
        }

        return Convert.ToHexStringLower(SHA256.HashData(buffer.GetBuffer().AsSpan(0, (int)buffer.Length)));
    }

    private static void WriteImmutable(Utf8JsonWriter writer, ModelVersionSpec spec)
    {
        writer.WriteString("framework", spec.Framework);
        // A path only counts before the upload: afterwards the digest says what the bytes are, wherever they came from.
        writer.WriteString("artefact", spec.Artefact?.Digest ?? spec.Artefact?.Path);
        writer.WriteStartObject("options");
        foreach (var (name, value) in spec.Options.OrderBy(o => o.Key, StringComparer.Ordinal))
        {
            writer.WritePropertyName(name);
            CanonicalJson.Write(writer, value);
        }

        writer.WriteEndObject();
        writer.WriteStartArray("command");
        foreach (var argument in spec.Command)
        {
            writer.WriteStringValue(argument);
        }

        writer.WriteEndArray();
        writer.WriteStartObject("environment");
        foreach (var (name, value) in spec.Environment.OrderBy(e => e.Key, StringComparer.Ordinal))
        {
            writer.WriteString(name, value);
        }

        writer.WriteEndObject();
        writer.WriteString("interpreter", spec.Interpreter);
        if (spec.Image is not null)
        {
            writer.WriteString("image", spec.Image);
        }
    }

    // What is unset is left out, so that a key added later leaves the hashes of specs without it alone.
    private static void WriteResources(Utf8JsonWriter writer, ResourcesSpec? resources)
    {
        if (resources is null or { Cpus: null, Memory: null, Pids: null, Gpus: null })
        {
            return;
        }

        writer.WriteStartObject("resources");
        Write("cpus", (decimal?)resources.Cpus);
        Write("memory", resources.Memory);
        Write("pids", resources.Pids);
        Write("gpus", resources.Gpus);
        writer.WriteEndObject();

        void Write(string name, decimal? value)
        {
            if (value is { } number)
            {
                writer.WriteNumber(name, number);
            }
        }
    }
}
