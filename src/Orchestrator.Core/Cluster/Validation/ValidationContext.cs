using Orchestrator.Core.Artefacts;

namespace Orchestrator.Core.Cluster.Validation;

/// <summary>What a spec may refer to where it is validated: the CLI knows files, the server knows its store and its adapters.</summary>
public sealed record ValidationContext
{
    /// <summary>Known frameworks; null: not known here, any name passes.</summary>
    public IReadOnlyCollection<string>? Frameworks { get; init; }

    /// <summary>Frameworks that need no artefact.</summary>
    public IReadOnlyCollection<string> FrameworksWithoutArtefact { get; init; } = ["noop", "custom"];

    /// <summary>Known batching policies.</summary>
    public IReadOnlyCollection<string> BatchingPolicies { get; init; } = ["none", "fixed", "aimd", "quantile", "deferred"];

    /// <summary>Known selection policies.</summary>
    public IReadOnlyCollection<string> SelectionPolicies { get; init; } = [SelectionSpecValidator.Single, "weighted"];

    /// <summary>Every container runtime there is.</summary>
    public static IReadOnlyCollection<string> AllRuntimes { get; } = ["process", "docker"];

    /// <summary>Known container runtimes.</summary>
    public IReadOnlyCollection<string> Runtimes { get; init; } = AllRuntimes;

    /// <summary>On a server: the runtime that it runs with; null: any may be written.</summary>
    public string? OwnRuntime { get; init; }

    /// <summary>On a server: whether it has a store that features can be looked up in; null: not known here.</summary>
    public bool? HasFeatureStore { get; init; }

    /// <summary>Says what is wrong with an artefact (continuing <c>artefact</c>), or null.</summary>
    public required Func<ArtefactSpec, string?> FindArtefactProblem { get; init; }

    /// <summary>For whoever writes a spec: artefacts are files or folders on this machine, or in the server's store already.</summary>
    /// <param name="frameworks">From the framework catalogue; null if that is not at hand.</param>
    public static ValidationContext ForLocalFiles(IReadOnlyCollection<string>? frameworks) => new()
    {
        Frameworks = frameworks,
        FindArtefactProblem = artefact => artefact switch
        {
            { Digest: { } digest } => ArtefactDigest.IsValid(digest) ? null : $"digest '{digest}' is none; expected {ArtefactDigest.Prefix} and 64 hex digits",
            { Path: null or "" } => "names neither a path nor a digest; give the path of the model's file or folder",
            { Path: { } path } => File.Exists(path) || Directory.Exists(path) ? null : $"'{path}' does not exist; expected the model's file or folder",
        },
    };

    /// <summary>For the server: artefacts are in its store.</summary>
    public static ValidationContext ForServer(IReadOnlyCollection<string> frameworks, string runtime, IArtefactStore store) => new()
    {
        Frameworks = frameworks,
        Runtimes = [runtime],
        OwnRuntime = runtime,
        FindArtefactProblem = artefact => artefact switch
        {
            { Digest: null } => "has no digest; upload it first and name the digest that the upload answers",
            { Digest: { } digest } when !ArtefactDigest.IsValid(digest) => $"digest '{digest}' is none; expected {ArtefactDigest.Prefix} and 64 hex digits",
            { Digest: { } digest } => store.FindPath(digest) is not null ? null : $"{digest} is not in the store; upload it first",
        },
    };

    /// <summary>The same, where these artefacts would be in the store as well: a dry run is not told to upload what it will upload.</summary>
    /// <param name="digests">Of what would be uploaded first.</param>
    public ValidationContext WithUploads(IReadOnlySet<string> digests) => this with
    {
        FindArtefactProblem = artefact => artefact.Digest is { } digest && ArtefactDigest.IsValid(digest) && digests.Contains(digest) ? null : FindArtefactProblem(artefact),
    };
}
