using Orchestrator.Benchmarks.Cluster;

namespace Orchestrator.Benchmarks.Inputs;

/// <summary>Models that only benchmarks need: trained once by Inputs/train_models.py and kept below artifacts/.</summary>
internal static class TrainedModels
{
    public const string LinearSvm = "linear-svm";
    public const string Logistic = "logistic";
    public const string KernelSvm = "kernel-svm";
    public const string Forest300 = "forest-300";

    public static string Folder(BenchmarkOptions options) => Path.Combine(options.Output, "models");

    /// <summary>Path below the repository's root.</summary>
    public static string Artefact(string name) => $"artifacts/benchmarks/models/{name}.joblib";

    /// <summary>Trains what is not there yet.</summary>
    public static async Task MakeAsync(BenchmarkOptions options, CancellationToken stop)
    {
        if (File.Exists(Path.Combine(Folder(options), "forest-300.joblib")))
        {
            return;
        }

        var script = Path.Combine(options.Root, "tests", "Orchestrator.Benchmarks", "Inputs", "train_models.py");
        await using var training = await ChildProgram.StartAsync(["/usr/bin/python3", script, Folder(options)], new Dictionary<string, string>(), Path.Combine(options.Output, "training.log"));
        await training.WaitForLineAsync(line => line.StartsWith("forest-300", StringComparison.Ordinal) ? line : null, stop);
    }
}
