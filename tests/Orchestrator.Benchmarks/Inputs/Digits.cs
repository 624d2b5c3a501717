namespace Orchestrator.Benchmarks.Inputs;

/// <summary>The sample's trained models, as paths below the repository's root, and what benchmarks call the models they serve.</summary>
internal static class Digits
{
    /// <summary>Logistic regression.</summary>
    public const string Logistic = "samples/digits/models/digits-v1.joblib";

    /// <summary>Random forest of 100 trees.</summary>
    public const string Forest = "samples/digits/models/digits-forest.joblib";

    /// <summary>Name of a model whose answers are cached.</summary>
    public const string Cached = "digits-cached";

    /// <summary>Name of a model of the same estimator without cache.</summary>
    public const string Plain = "digits-plain";
}
