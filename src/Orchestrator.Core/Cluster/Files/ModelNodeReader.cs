using System.Text.Json;

namespace Orchestrator.Core.Cluster.Files;

/// <summary>Reads a model: with a list of versions, or in the short form with its only version inline.</summary>
internal static class ModelNodeReader
{
    private static readonly ModelVersionSpec Defaults = new() { Version = "", Framework = "" };

    public static ModelSpec Read(ReadingContext context, ConfigNode node, string path, string specPath)
    {
        var map = new MapReader(context, node, path, specPath, "a mapping that describes a model");
        var name = map.RequiredText("name", "the model's name");
        var timeout = map.Duration("timeout") ?? ModelSpec.DefaultTimeout;
        var current = map.Text("current", specKey: "currentVersion");
        var versions = ReadVersions(context, map);
        map.Finish();
        return new ModelSpec { Name = name, Timeout = timeout, Versions = versions, CurrentVersion = current ?? (versions.Count == 1 ? versions[0].Version : "") };
    }

    private static IReadOnlyList<ModelVersionSpec> ReadVersions(ReadingContext context, MapReader map)
    {
        if (map.Has("version") || map.Has("framework"))
        {
            var only = ReadInlineVersion(map);
            if (!map.Has("versions"))
            {
                return [only];
            }

            map.Report("versions", "is given beside version or framework; expected one of them: the list, or the only version inline.");
        }
        else if (!map.Has("versions"))
        {
            map.Report("versions", "is missing; expected a list of versions, or version, framework and path of the only one.");
            map.Suppress("versions");
        }

        return map.List("versions", "a list of versions", (node, path, specPath) =>
        {
            var version = new MapReader(context, node, path, specPath, "a mapping that describes a version");
            var spec = ReadVersion(version);
            version.Finish();
            return spec;
        });
    }

    private static ModelVersionSpec ReadInlineVersion(MapReader map)
    {
        var specPath = map.SpecPath;
        // Beside a list its values are read only so that each key is known; nothing may be taken for a value of the list.
        var part = map.Has("versions") ? "inline" : "versions[0]";
        map.StandsFor(part);
        map.SpecPath = $"{specPath}.{part}";
        var version = ReadVersion(map);
        map.SpecPath = specPath;
        return version;
    }

    private static ModelVersionSpec ReadVersion(MapReader map) => new()
    {
        Version = map.RequiredText("version", "the version's name, such as \"1\""),
        Framework = map.RequiredText("framework", "the name of the framework that serves it"),
        Artefact = ReadArtefact(map),
        Options = ReadOptions(map),
        Command = map.List("command", "a list: the program and its arguments", (node, path, specPath) => map.TextOf(node, path, specPath) ?? ""),
        Image = map.Text("image"),
        Resources = ReadResources(map.Map("resources", "a mapping with the keys cpus, memory, pids, gpus")),
        Environment = ReadEnvironment(map),
        Interpreter = map.Text("interpreter") is { } interpreter ? ResolveInterpreter(map, interpreter) : null,
        Replicas = map.Integer("replicas") ?? Defaults.Replicas,
        Concurrency = map.Integer("concurrency") ?? Defaults.Concurrency,
        Threads = map.Integer("threads") ?? Defaults.Threads,
        Standby = map.Boolean("standby") ?? Defaults.Standby,
        Idempotent = map.Boolean("idempotent") ?? Defaults.Idempotent,
        StartupTimeout = map.Duration("startupTimeout") ?? Defaults.StartupTimeout,
        QueueCapacity = map.Integer("queueCapacity") ?? Defaults.QueueCapacity,
        Batching = ReadBatching(map.Map("batching", "a mapping with the keys policy, maxSize, maxBytes, delay")),
        Cache = ReadCache(map.Map("cache", "a mapping with the keys enabled, ttl, staleFor, shared, singleFlight")),
    };

    private static ArtefactSpec? ReadArtefact(MapReader map)
    {
        map.Node("path", specKey: "artefact");
        return map.Text("path", specKey: "artefact.path") is { } path ? new ArtefactSpec { Path = map.Resolve(path) } : null;
    }

    /// <summary>A path, so relative to the file; a bare name is a program to be looked for.</summary>
    // A bare word is a program of the PATH, unless it lies beside the file: most virtual environments are called "venv".
    private static string ResolveInterpreter(MapReader map, string interpreter)
    {
        var path = map.Resolve(interpreter);
        return interpreter.Contains('/', StringComparison.Ordinal) || Path.Exists(path) ? path : interpreter;
    }

    private static Dictionary<string, JsonElement> ReadOptions(MapReader map)
    {
        var options = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var (key, node, path) in map.Entries("options", "a mapping of the framework's options"))
        {
            if (map.JsonOf(node, path, $"{map.SpecPath}.options.{key}") is { } value)
            {
                options.Add(key, value);
            }
        }

        return options;
    }

    private static Dictionary<string, string> ReadEnvironment(MapReader map)
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, node, path) in map.Entries("environment", "a mapping of variables to text"))
        {
            if (map.TextOf(node, path, $"{map.SpecPath}.environment.{key}") is { } value)
            {
                environment.Add(key, value);
            }
        }

        return environment;
    }

    private static ResourcesSpec? ReadResources(MapReader? map)
    {
        if (map is null)
        {
            return null;
        }

        var resources = new ResourcesSpec { Cpus = map.Number("cpus"), Memory = map.Size("memory"), Pids = map.Integer("pids"), Gpus = map.Integer("gpus") };
        map.Finish();
        return resources;
    }

    private static BatchingSpec ReadBatching(MapReader? map)
    {
        var defaults = new BatchingSpec();
        if (map is null)
        {
            return defaults;
        }

        var batching = new BatchingSpec
        {
            Policy = map.Text("policy") ?? defaults.Policy,
            MaxSize = map.Integer("maxSize") ?? defaults.MaxSize,
            MaxBytes = map.Bytes("maxBytes") ?? defaults.MaxBytes,
            Delay = map.Duration("delay") ?? defaults.Delay,
        };
        map.Finish();
        return batching;
    }

    private static CacheSpec ReadCache(MapReader? map)
    {
        var defaults = new CacheSpec();
        if (map is null)
        {
            return defaults;
        }

        var cache = new CacheSpec
        {
            Enabled = map.Boolean("enabled") ?? defaults.Enabled,
            Ttl = map.Duration("ttl") ?? defaults.Ttl,
            StaleFor = map.Duration("staleFor") ?? defaults.StaleFor,
            Shared = map.Boolean("shared") ?? defaults.Shared,
            SingleFlight = map.Boolean("singleFlight") ?? defaults.SingleFlight,
        };
        map.Finish();
        return cache;
    }
}
