using System.CommandLine;
using System.CommandLine.Parsing;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Orchestrator.Cli.Commands;

namespace Orchestrator.Cli.Tests.Commands;

/// <summary>Every <c>orch</c> command line in the documentation is one that orch takes.</summary>
public sealed partial class DocumentedCommandsTests
{
    private static readonly string Repository = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(ThisFile())!, "..", "..", ".."));

    public static TheoryData<string, string> Lines
    {
        get
        {
            var lines = new TheoryData<string, string>();
            foreach (var file in Directory.EnumerateFiles(Repository, "*.md", SearchOption.AllDirectories).Where(f => !Skipped().IsMatch(f)).Append(Path.Combine(Repository, "deploy", "quickstart.sh")))
            {
                foreach (var line in File.ReadLines(file).Select(l => Command().Match(l)).Where(m => m.Success).Select(m => m.Groups["line"].Value.Trim()).Distinct())
                {
                    lines.Add(Path.GetRelativePath(Repository, file), line);
                }
            }

            return lines;
        }
    }

    [Theory]
    [MemberData(nameof(Lines))]
    public void Command_InTheDocumentation_IsOneThatOrchTakes(string file, string line)
    {
        var context = new CliContext { In = TextReader.Null, Out = TextWriter.Null, Error = TextWriter.Null, Environment = _ => null };
        var parsed = Root.Create(context, out _).Parse([.. CommandLineParser.SplitCommandLine(line)], new ParserConfiguration { ResponseFileTokenReplacer = null });
        parsed.Errors.Select(e => e.Message).ShouldBeEmpty($"{file}: {line}");
    }

    [Fact]
    public void Commands_OfTheReadme_AreAmongThem() => Lines.Select(l => l.Data).ShouldContain(d => d.Item1 == "README.md" && d.Item2 == "model rollback digits");

    private static string ThisFile([CallerFilePath] string path = "") => path;

    // A line that begins with orch; what follows two spaces or a '#' is a remark. Not one with a shell's variables: that is a program's, not a reader's.
    [GeneratedRegex(@"^\s*(?:deploy/bin/)?orch (?<line>[a-z](?:(?!  |[#$]).)*)(?:$|  |#)")]
    private static partial Regex Command();

    [GeneratedRegex(@"/(node_modules|artifacts|\.orchestrator)/")]
    private static partial Regex Skipped();
}
