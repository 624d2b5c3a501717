using System.ComponentModel.DataAnnotations;

namespace Orchestrator.Storage.Artefacts;

/// <summary>Bounds of what one upload may take.</summary>
public sealed class ArtefactStoreOptions
{
    /// <summary>Default of <see cref="MaxBytes"/>: 16 GiB.</summary>
    public const long DefaultMaxBytes = 16L * 1024 * 1024 * 1024;

    /// <summary>Default of <see cref="MaxFiles"/>.</summary>
    public const int DefaultMaxFiles = 100_000;

    /// <summary>Most bytes of one artefact, all its files together. Default 16 GiB.</summary>
    [Range(1, long.MaxValue)]
    public long MaxBytes { get; set; } = DefaultMaxBytes;

    /// <summary>Most entries of one folder's archive. Default 100,000.</summary>
    [Range(1, int.MaxValue)]
    public int MaxFiles { get; set; } = DefaultMaxFiles;
}
