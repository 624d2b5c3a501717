namespace Orchestrator.Core;

/// <summary>Names one immutable version of one model.</summary>
/// <param name="Model">Name of the model, as in <c>/v2/models/{model}</c>.</param>
/// <param name="Version">Name of the version; free text, usually a number.</param>
public readonly record struct ModelVersionId(string Model, string Version)
{
    /// <summary><c>model:version</c>, for logs and messages; names never contain a colon.</summary>
    public override string ToString() => $"{Model}:{Version}";
}
