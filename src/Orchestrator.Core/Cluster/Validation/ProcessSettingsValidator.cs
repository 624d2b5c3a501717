using System.Text.Json;
using Orchestrator.Core.Json;

namespace Orchestrator.Core.Cluster.Validation;

/// <summary>Validates what reaches the container's process as it stands: command, environment, interpreter, options.</summary>
internal static class ProcessSettingsValidator
{
    /// <summary>One environment variable of a Linux process may have 128 KiB, and the options travel in one.</summary>
    public const int MaxOptionsBytes = 100 * 1024;

    public const int MaxOptionsDepth = 32;

    private const string ReservedPrefix = "ORCHESTRATOR_";

    public static void Validate(ModelVersionSpec version, string path, SpecErrors errors)
    {
        for (var i = 0; i < version.Command.Count; i++)
        {
            CheckText(errors, $"{path}.command[{i}]", version.Command[i]);
        }

        foreach (var (name, value) in version.Environment)
        {
            CheckVariable(errors, $"{path}.environment.{name}", name, value);
        }

        if (version.Interpreter is not null)
        {
            CheckText(errors, $"{path}.interpreter", version.Interpreter);
            if (version.Interpreter.Length == 0)
            {
                errors.Add($"{path}.interpreter", "is empty; give a path, or remove it and one is looked for.");
            }
        }

        CheckOptions(version, $"{path}.options", errors);
    }

    /// <summary>Checks a value of any form that came as JSON: of bounded depth and valid Unicode, so that it can be stored, hashed and sent.</summary>
    /// <returns>Its size in bytes; 0 after a mistake.</returns>
    public static int CheckJson(SpecErrors errors, string path, JsonElement value)
    {
        if (Depth(value) > MaxOptionsDepth)
        {
            errors.Add(path, $"is nested deeper than {MaxOptionsDepth} levels.");
            return 0;
        }

        try
        {
            return CanonicalJson.Of(value).Length;
        }
        catch (InvalidOperationException e)
        {
            errors.Add(path, $"holds text that is no valid Unicode: {e.Message}");
            return 0;
        }
    }

    private static void CheckVariable(SpecErrors errors, string path, string name, string value)
    {
        if (name.Length == 0 || name.AsSpan().IndexOfAny('=', '\0') >= 0)
        {
            errors.Add(path, "is no name of an environment variable; expected at least one character and no '='.");
        }
        else if (name.StartsWith(ReservedPrefix, StringComparison.Ordinal))
        {
            errors.Add(path, $"variables that begin with {ReservedPrefix} are set by the orchestrator; use options, threads or concurrency instead.");
        }

        CheckText(errors, path, value);
    }

    private static void CheckOptions(ModelVersionSpec version, string path, SpecErrors errors)
    {
        var bytes = version.Options.Sum(option => (long)option.Key.Length + CheckJson(errors, $"{path}.{option.Key}", option.Value));
        if (bytes > MaxOptionsBytes)
        {
            errors.Add(path, $"takes {bytes} bytes as JSON; expected at most {MaxOptionsBytes}. Put large values into the artefact.");
        }
    }

    private static void CheckText(SpecErrors errors, string path, string? text)
    {
        if (errors.CheckPresent(path, text) && text!.Contains('\0', StringComparison.Ordinal))
        {
            errors.Add(path, "holds a NUL character, which no process can be given.");
        }
    }

    private static int Depth(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => 1 + value.EnumerateObject().Select(m => Depth(m.Value)).DefaultIfEmpty().Max(),
        JsonValueKind.Array => 1 + value.EnumerateArray().Select(Depth).DefaultIfEmpty().Max(),
        _ => 0,
    };
}
