using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text.Json;
using Orchestrator.Core;
using Orchestrator.Core.Cluster;

namespace Orchestrator.Cli.Commands;

/// <summary>Texts of the command line that mean parts of specs.</summary>
internal static class SpecOptions
{
    public static Option<Duration> Duration(string name, string description, TimeSpan usual) => new(name)
    {
        Description = description,
        HelpName = "DURATION",
        DefaultValueFactory = _ => new Duration(usual),
        CustomParser = ReadDuration,
    };

    /// <summary>A size of memory or a file, kept as it was written.</summary>
    public static Option<string?> Size(string name, string description)
    {
        var option = new Option<string?>(name) { Description = description, HelpName = "SIZE" };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !ByteSizes.TryParse(token.Value, out _))
            {
                result.AddError($"{name}: expected {ByteSizes.Expected}, got '{token.Value}'.");
            }
        });
        return option;
    }

    /// <summary>Refuses every other word.</summary>
    public static Action<OptionResult> OneOf(params string[] words) => result =>
    {
        if (result.Tokens is [var token] && !words.Contains(token.Value))
        {
            result.AddError($"{result.Option.Name}: expected {string.Join(" or ", words)}, got '{token.Value}'{Suggestion.For(token.Value, words)}.");
        }
    };

    /// <summary>The same without a default.</summary>
    public static Option<Duration?> MaybeDuration(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "DURATION",
        CustomParser = result => ReadDuration(result),
    };

    /// <summary>JSON as it is; everything else as a string, so that <c>method=predict</c> needs no quotes.</summary>
    public static JsonElement Json(string text)
    {
        try
        {
            return JsonDocument.Parse(text).RootElement.Clone();
        }
        catch (JsonException)
        {
            return JsonSerializer.SerializeToElement(text, JsonText.Default.String);
        }
    }

    /// <summary><c>name=value</c> pairs.</summary>
    /// <exception cref="CliException">One has no equals sign, or a name comes twice.</exception>
    public static Dictionary<string, T> Pairs<T>(string option, IEnumerable<string> texts, Func<string, T> read)
    {
        var pairs = new Dictionary<string, T>(StringComparer.Ordinal);
        foreach (var text in texts)
        {
            var equals = text.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0 || !pairs.TryAdd(text[..equals], read(text[(equals + 1)..])))
            {
                throw new CliException(ExitCodes.Invalid, $"{option}: expected NAME=VALUE, each name once; got '{text}'.");
            }
        }

        return pairs;
    }

    /// <summary><c>model</c> or <c>model:version</c>.</summary>
    public static (string Model, string? Version) Name(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? (text, null) : (text[..colon], text[(colon + 1)..]);
    }

    /// <summary><c>model[:version][=weight]</c>.</summary>
    public static SelectionTarget Target(string text)
    {
        var equals = text.LastIndexOf('=');
        var (model, version) = Name(equals < 0 ? text : text[..equals]);
        var weight = 1.0;
        if (equals >= 0 && !double.TryParse(text.AsSpan(equals + 1), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out weight))
        {
            throw new CliException(ExitCodes.Invalid, $"--model: expected MODEL[:VERSION][=WEIGHT], got '{text}'.");
        }

        return new SelectionTarget { Model = model, Version = version, Weight = weight };
    }

    private static Duration ReadDuration(ArgumentResult result)
    {
        var text = result.Tokens is [var token] ? token.Value : null;
        if (!Durations.TryParse(text, out var value))
        {
            result.AddError($"{(result.Parent as OptionResult)?.Option.Name}: expected {Durations.Expected}, got '{text}'.");
        }

        return new Duration(value);
    }
}

/// <summary>A duration that help shows as people write it.</summary>
internal readonly record struct Duration(TimeSpan Value)
{
    public override string ToString() => Durations.Format(Value);
}

[System.Text.Json.Serialization.JsonSerializable(typeof(string))]
internal sealed partial class JsonText : System.Text.Json.Serialization.JsonSerializerContext;
