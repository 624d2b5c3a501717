using System.Text;
using Orchestrator.Core.Cluster.Validation;

namespace Orchestrator.Core.Cluster.Files;

/// <summary>Reads and validates a cluster file. Never throws for what is in the file: every mistake is an error with its place.</summary>
public static class ClusterFileReader
{
    private const int MaxFileBytes = 10 * 1024 * 1024;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads a file; relative paths in it are relative to its folder, variables come from this process's environment.</summary>
    public static ClusterFile Read(string path, ValidationContext validation)
    {
        try
        {
            if (new FileInfo(path).Length > MaxFileBytes)
            {
                return Unreadable(path, $"is larger than {MaxFileBytes} bytes; expected a cluster file.");
            }

            var text = StrictUtf8.GetString(File.ReadAllBytes(path));
            var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
            return Parse(text.TrimStart('\uFEFF'), path, folder, Environment.GetEnvironmentVariable, validation);
        }
        catch (DecoderFallbackException e)
        {
            return Unreadable(path, $"is not UTF-8 (byte {e.Index}); save it as UTF-8.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return Unreadable(
                path,
                Directory.Exists(path) ? "is a folder; expected a cluster file in YAML."
                : e is FileNotFoundException or DirectoryNotFoundException ? "no such file; expected a cluster file in YAML."
                : $"cannot be read: {e.Message}");
        }
    }

    /// <summary>Reads the text of a file.</summary>
    /// <param name="text">Its content.</param>
    /// <param name="path">Its name, for messages.</param>
    /// <param name="folder">What relative paths in it are relative to.</param>
    /// <param name="environment">The value of an environment variable, or null.</param>
    /// <param name="validation">What it may refer to.</param>
    public static ClusterFile Parse(string text, string path, string folder, Func<string, string?> environment, ValidationContext validation)
    {
        var context = new ReadingContext(path, folder, environment);
        var root = YamlSource.Parse(text, (line, column, message) => context.Report("", line, column, message));
        if (root is null or ConfigScalar { IsNull: true })
        {
            return context.Errors.Count > 0
                ? new ClusterFile(path, null, context.Errors, context.Positions)
                : Unreadable(path, "is empty; expected a mapping with the keys cluster, runtime, onShutdown, redis, models, applications.");
        }

        var (spec, redis) = ReadCluster(context, root);
        var file = new ClusterFile(path, spec, [], context.Positions) { Redis = redis };
        var found = ClusterSpecValidator.Validate(spec, validation).Where(e => !IsUnread(context, e.Path)).Select(file.Locate);
        var errors = context.Errors.Concat(found).Distinct().OrderBy(e => e.Line).ThenBy(e => e.Column).ToList();
        return errors.Count == 0 ? file : new ClusterFile(path, null, errors, context.Positions);
    }

    private static (ClusterSpec Spec, RedisSettings? Redis) ReadCluster(ReadingContext context, ConfigNode root)
    {
        var defaults = ClusterSpec.Empty;
        var map = new MapReader(context, root, "", "", "a mapping with the keys cluster, runtime, onShutdown, redis, models, applications");
        var spec = new ClusterSpec
        {
            Name = map.Text("cluster", specKey: "name") ?? defaults.Name,
            Runtime = map.Text("runtime") ?? defaults.Runtime,
            OnShutdown = map.Text("onShutdown") ?? defaults.OnShutdown,
            Models = map.List("models", "a list of models", (node, path, specPath) => ModelNodeReader.Read(context, node, path, specPath)),
            Applications = map.List("applications", "a list of applications", (node, path, specPath) => ApplicationNodeReader.Read(context, node, path, specPath)),
        };
        var redis = RedisSettings.Read(map);
        map.Finish();
        return (spec, redis);
    }

    private static bool IsUnread(ReadingContext context, string path)
    {
        // An unreadable value makes everything below it, and what is said of it as a whole, void.
        for (; path.Length > 0; path = path[..Math.Max(0, path.AsSpan().LastIndexOfAny('.', '['))])
        {
            if (context.Unread.Contains(path))
            {
                return true;
            }
        }

        return context.Unread.Contains("");
    }

    private static ClusterFile Unreadable(string path, string message) =>
        new(path, null, [new SpecError("", message, path, 1, 1)], new Dictionary<string, FilePosition>());
}
