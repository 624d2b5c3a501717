using Orchestrator.Benchmarks.Suites;

namespace Orchestrator.Benchmarks.Results;

/// <summary>The report file: one section per benchmark, each replaced when its benchmark ran, so that a run of one leaves the others' numbers as they were.</summary>
internal static class Report
{
    private const string Head = """
        # Performance

        Written by `bash tests/bench.sh`, never by hand. Every variant of a benchmark runs in turn in each round, in alternating order, against the same
        running orchestrator; what is judged is the median over the rounds of each round's own ratio or difference. Load generator, orchestrator and
        containers share the machine's cores. The generator is `src/Orchestrator.Load`; a latency is what its client sees.

        """;

    public static async Task ReplaceAsync(string path, IBenchmark benchmark, string section, CancellationToken stop)
    {
        var sections = new Dictionary<string, string>();
        if (File.Exists(path))
        {
            foreach (var known in AllBenchmarks.List)
            {
                if (Find(await File.ReadAllTextAsync(path, stop), known.Name) is { } text)
                {
                    sections[known.Name] = text;
                }
            }
        }

        sections[benchmark.Name] = section;
        var all = AllBenchmarks.List.Where(b => sections.ContainsKey(b.Name)).Select(b => $"{Begin(b.Name)}\n{sections[b.Name].Trim()}\n{End(b.Name)}\n");
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        await File.WriteAllTextAsync(path, Head + "\n" + string.Join('\n', all), stop);
    }

    private static string? Find(string text, string name)
    {
        var begin = text.IndexOf(Begin(name), StringComparison.Ordinal);
        var end = text.IndexOf(End(name), StringComparison.Ordinal);
        return begin < 0 || end < begin ? null : text[(begin + Begin(name).Length)..end];
    }

    private static string Begin(string name) => $"<!-- begin {name} -->";

    private static string End(string name) => $"<!-- end {name} -->";
}
