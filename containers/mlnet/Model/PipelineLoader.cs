namespace Orchestrator.Container.MlNet.Model;

/// <summary>Loads a pipeline and says of every failure what happened, what was expected and what to do.</summary>
internal static class PipelineLoader
{
    /// <exception cref="ModelLoadException">The file is no model of ML.NET, or needs what is not here.</exception>
    public static IPipeline Load(string file, Func<string, IPipeline> load)
    {
        try
        {
            return load(file);
        }
        catch (Exception failure) when (failure is not (ModelLoadException or OutOfMemoryException))
        {
            throw new ModelLoadException($"{Path.GetFileName(file)} cannot be loaded: {Explain(failure)}", failure);
        }
    }

    // What the library throws for each was seen with Microsoft.ML 5.0.0; its own words alone would not tell a user what to do.
    private static string Explain(Exception failure) => failure switch
    {
        FileNotFoundException { FileName: { } name } when name.Contains(',', StringComparison.Ordinal) || name.StartsWith("Microsoft.", StringComparison.Ordinal) => MissingAssembly(failure),
        FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException => failure.Message,
        FormatException or InvalidDataException => $"it is no zip ({failure.Message}). Expected a model as mlContext.Model.Save(model, schema, file) writes it",
        InvalidOperationException when failure.Message.Contains("legacy format", StringComparison.OrdinalIgnoreCase) =>
            $"it is a zip without a model in it ({failure.Message}). Expected a model as mlContext.Model.Save(model, schema, file) writes it",
        TypeLoadException or FileLoadException or DllNotFoundException => MissingAssembly(failure),
        _ => $"{failure.GetType().Name}: {failure.Message} Expected a model as mlContext.Model.Save(model, schema, file) writes it, by this or an older version of ML.NET. {Packages}",
    };

    private static string MissingAssembly(Exception failure) => $"{failure.Message} {Packages}";

    private const string Packages =
        "Trainers from packages of their own (LightGBM, time series, ...) need the container built with them: -p:MlNetPackages=Microsoft.ML.LightGbm";
}
