namespace Orchestrator.Core.Runtime;

/// <summary>How a container of one framework is started, from <c>containers/{framework}/container.json</c>.</summary>
public sealed record ContainerManifest
{
    /// <summary>The value of <c>framework:</c> that names it.</summary>
    public required string Framework { get; init; }

    /// <summary>Program and arguments; <c>{folder}</c> is <see cref="Folder"/>, <c>{python}</c> the interpreter that was found.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>Added to the container's environment; the same placeholders.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Per language (<c>python</c>, <c>node</c>) the modules that must be importable.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Requires { get; init; } = new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>Run in the folder once, before the first start (<c>npm ci</c>); empty: nothing.</summary>
    public IReadOnlyList<string> Setup { get; init; } = [];

    /// <summary>A project in the folder to build before the first start; null: none.</summary>
    public string? Project { get; init; }

    /// <summary>Absolute path of the folder that the manifest lies in; set by the reader.</summary>
    public string Folder { get; init; } = "";
}

/// <summary>Manifests cannot be read; the message names each file and what is wrong in it.</summary>
public sealed class ContainerManifestException : Exception
{
    /// <inheritdoc/>
    public ContainerManifestException(string message, Exception? innerException = null) : base(message, innerException) { }
}
