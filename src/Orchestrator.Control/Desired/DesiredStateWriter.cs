using System.Collections.Frozen;
using Orchestrator.Core.Admin;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Registry;

namespace Orchestrator.Control.Desired;

/// <summary>Validates a whole cluster; every mistake, none: valid.</summary>
/// <param name="spec">The cluster.</param>
/// <param name="willUpload">Digests of artefacts that count as in the store.</param>
internal delegate IReadOnlyList<SpecError> ClusterCheck(ClusterSpec spec, IReadOnlySet<string> willUpload);

/// <summary>Carries an edit into the registry: read, edit, check, write if nobody else wrote meanwhile, else again.</summary>
internal sealed class DesiredStateWriter(IModelRegistry registry, ClusterCheck validate, string runtime)
{
    // Each lost attempt means that another writer got through; ten in a row is a writer gone wild, not bad luck.
    private const int MaxAttempts = 10;
    private static readonly FrozenSet<string> Nothing = [];

    private long _lastWritten;

    /// <summary>The newest revision written here; 0: none.</summary>
    public long LastWritten => Interlocked.Read(ref _lastWritten);

    /// <summary>Makes the desired state what a file says.</summary>
    public Task<ChangeOutcome> ApplyAsync(ClusterSpec file, ApplyMode mode, CancellationToken cancellationToken) =>
        ApplyAsync(file, mode, willUpload: null, cancellationToken);

    /// <summary>The same without writing, as if the artefacts that the caller would upload were there.</summary>
    public Task<ChangeOutcome> PreviewAsync(ClusterSpec file, ApplyMode mode, IReadOnlySet<string> willUpload, CancellationToken cancellationToken) =>
        ApplyAsync(file, mode, willUpload, cancellationToken);

    /// <summary>Carries out an edit.</summary>
    public Task<ChangeOutcome> ChangeAsync(Func<RegistrySnapshot, EditOutcome> edit, CancellationToken cancellationToken) =>
        ChangeAsync(edit, validate, willUpload: null, cancellationToken);

    private async Task<ChangeOutcome> ApplyAsync(ClusterSpec file, ApplyMode mode, IReadOnlySet<string>? willUpload, CancellationToken cancellationToken)
    {
        // The file is checked as it was written, not with what is kept beside it: an application must not name a version that the file does not list.
        var mistakes = validate(file, willUpload ?? Nothing);
        return mistakes.Count > 0
            ? Refuse(ChangeKind.Invalid, mistakes)
            : await ChangeAsync(
                now => SpecEdits.Apply(now, file, mode), mode == ApplyMode.Whole ? (_, _) => [] : (next, uploaded) => KeptMistakes.Mark(file, next, validate(next, uploaded)), willUpload, cancellationToken);
    }

    /// <param name="edit">What changes.</param>
    /// <param name="check">Of its result.</param>
    /// <param name="willUpload">Null: it is written. Otherwise it is only looked at, and these artefacts count as there.</param>
    /// <param name="cancellationToken">Until the write has begun.</param>
    private async Task<ChangeOutcome> ChangeAsync(Func<RegistrySnapshot, EditOutcome> edit, ClusterCheck check, IReadOnlySet<string>? willUpload, CancellationToken cancellationToken)
    {
        try
        {
            for (var attempt = 0; attempt < MaxAttempts; attempt++)
            {
                var now = await registry.ReadAsync(cancellationToken);
                var (next, refusal) = Check(now, edit(AsMine(now)), check, willUpload ?? Nothing);
                if (refusal is not null)
                {
                    return refusal;
                }

                var changes = SpecDiff.Lines(now.Desired, next!);
                if (changes.Count == 0 || willUpload is not null)
                {
                    return Applied(now.Revision, changes);
                }

                // Once begun, the write is not cut off: the caller could not tell what holds.
                cancellationToken.ThrowIfCancellationRequested();
                if (await registry.TryWriteDesiredAsync(now.Revision, next!, CancellationToken.None) is { } written)
                {
                    NoteWritten(written.Revision);
                    return Applied(written.Revision, changes);
                }
            }
        }
        catch (RegistryException exception)
        {
            return new ChangeOutcome(ChangeKind.NotStored, null, new AdminError($"the registry cannot be read or written, nothing was changed: {exception.Message}", []));
        }

        return new ChangeOutcome(ChangeKind.Conflict, null, new AdminError($"{MaxAttempts} other changes came between in a row, nothing was changed: try again", []));
    }

    private void NoteWritten(long revision)
    {
        for (var known = LastWritten; known < revision; known = LastWritten)
        {
            Interlocked.CompareExchange(ref _lastWritten, revision, known);
        }
    }

    // Nobody has said yet where containers of an untouched cluster run: where this orchestrator runs them.
    private RegistrySnapshot AsMine(RegistrySnapshot now) =>
        ReferenceEquals(now.Desired, ClusterSpec.Empty) || SpecComparer.Equal(now.Desired, ClusterSpec.Empty) ? now with { Desired = now.Desired with { Runtime = runtime } } : now;

    private static ChangeOutcome Applied(long revision, IReadOnlyList<string> changes) =>
        new(ChangeKind.Applied, new ApplyResult(revision, changes.Count > 0, changes), null);

    private static (ClusterSpec? Next, ChangeOutcome? Refusal) Check(RegistrySnapshot now, EditOutcome edit, ClusterCheck check, IReadOnlySet<string> willUpload)
    {
        if (edit.Spec is not { } next)
        {
            return (null, new ChangeOutcome(edit.Kind, null, edit.Error));
        }

        if (check(next, willUpload) is { Count: > 0 } mistakes)
        {
            return (null, Refuse(ChangeKind.Invalid, mistakes));
        }

        var changed = DesiredChecks.ChangedVersions(now.Desired, next);
        return changed.Count > 0 ? (null, Refuse(ChangeKind.Conflict, changed)) : (next, null);
    }

    private static ChangeOutcome Refuse(ChangeKind kind, IReadOnlyList<SpecError> errors)
    {
        var text = errors.Count == 1 ? errors[0].Message : $"{errors.Count} mistakes, nothing was changed; the first: {errors[0].Message}";
        return new ChangeOutcome(kind, null, new AdminError(text, errors));
    }
}
