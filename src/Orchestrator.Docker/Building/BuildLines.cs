using System.Text;
using System.Text.RegularExpressions;
using Orchestrator.Docker.Engine;

namespace Orchestrator.Docker.Building;

/// <summary>Makes whole lines of what a build says, which the engine sends in pieces and in colours, and of a pull or push its state per layer without the moving bars.</summary>
internal sealed partial class BuildLines
{
    // CSI sequences: colours and the like. Whatever else a terminal would obey goes with the control characters.
    [GeneratedRegex(@"\x1b\[[0-9;?]*[ -/]*[@-~]")]
    private static partial Regex Escapes { get; }

    private const int LongestLine = 16 * 1024;
    private readonly StringBuilder _rest = new();
    private readonly Dictionary<string, string> _layers = new(StringComparer.Ordinal);

    /// <summary>The lines that this message completes.</summary>
    public IEnumerable<string> Take(ProgressMessage message)
    {
        if (message.Stream is { } text)
        {
            return TakeText(text);
        }

        var layer = message.Id ?? "";
        if (message.Status is not { Length: > 0 } status || _layers.GetValueOrDefault(layer) == status)
        {
            return [];
        }

        _layers[layer] = status;
        return [layer.Length > 0 ? $"{layer}: {status}" : status];
    }

    /// <summary>What was said without a line's end.</summary>
    public IEnumerable<string> Finish() => _rest.Length > 0 ? [Cut()] : [];

    private List<string> TakeText(string text)
    {
        var lines = new List<string>();
        foreach (var character in text)
        {
            if (character is not ('\n' or '\r'))
            {
                _rest.Append(character);
            }

            if (_rest.Length > 0 && (character is '\n' or '\r' || _rest.Length == LongestLine))
            {
                var line = Cut();
                if (line.Length > 0)
                {
                    lines.Add(line);
                }
            }
        }

        return lines;
    }

    private string Cut()
    {
        var line = Escapes.Replace(_rest.ToString(), "");
        _rest.Clear();
        return string.Concat(line.Where(c => !char.IsControl(c) || c == '\t'));
    }
}
