using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Orchestrator.Core;
using Orchestrator.Core.Admin;
using Orchestrator.Core.Cluster;

namespace Orchestrator.Host.Tests.Rig;

/// <summary>Remembers what it was asked, answers what the test set.</summary>
internal sealed class FakeControlPlane : IControlPlane
{
    private readonly Channel<ClusterEvent> _events = Channel.CreateUnbounded<ClusterEvent>();

    public List<string> Calls { get; } = [];

    public ChangeOutcome Next { get; set; } = new(ChangeKind.Applied, new ApplyResult(7, true, ["model digits: version 2 added, now current"]), null);

    public ClusterStatus Status { get; set; } = new()
    {
        Cluster = "test",
        Revision = 7,
        Models =
        [
            new ModelStatus
            {
                Name = "digits", CurrentVersion = "1", State = "serving",
                Versions =
                [
                    new VersionStatus
                    {
                        Spec = new ModelVersionSpec { Version = "1", Framework = "noop", StartupTimeout = TimeSpan.FromSeconds(30) },
                        Replicas =
                        [
                            new ReplicaStatus
                            {
                                Instance = "ab12", Phase = ReplicaPhase.Ready,
                                Report = new() { Id = new ReplicaId(new ModelVersionId("digits", "1"), "ab12"), Batches = 3, Profile = [new(1, 3, TimeSpan.FromMilliseconds(2), TimeSpan.FromMilliseconds(3))] },
                            },
                        ],
                    },
                ],
            },
        ],
        Applications = [new ApplicationStatus { Spec = FakeModels.Application("digits", "digits", TimeSpan.FromMilliseconds(20)), Available = true }],
    };

    public ClusterSpec Desired { get; set; } = new() { Name = "test" };

    public void Happen(ClusterEvent item) => _events.Writer.TryWrite(item).ShouldBeTrue();

    public Task<ChangeOutcome> ApplyAsync(ClusterSpec desired, ApplyMode mode, CancellationToken cancellationToken) => Answer($"apply {desired.Name} {desired.Models.Count} {mode}");

    public Task<ChangeOutcome> PreviewAsync(ClusterSpec desired, ApplyMode mode, IReadOnlySet<string> willUpload, CancellationToken cancellationToken) =>
        Answer($"preview {desired.Name} {desired.Models.Count} {mode} [{string.Join(' ', willUpload.Order(StringComparer.Ordinal))}]");

    public Task<ChangeOutcome> DeployAsync(string model, DeployRequest request, CancellationToken cancellationToken) => Answer($"deploy {model} {request.Version.Version} current={request.MakeCurrent}");

    public Task<ChangeOutcome> RollbackAsync(string model, string? version, CancellationToken cancellationToken) => Answer($"rollback {model} {version ?? "-"}");

    public Task<ChangeOutcome> ScaleAsync(ModelVersionId id, int replicas, CancellationToken cancellationToken) => Answer($"scale {id} {replicas}");

    public Task<ChangeOutcome> RemoveModelAsync(string model, CancellationToken cancellationToken) => Answer($"remove {model}");

    public Task<ChangeOutcome> RemoveVersionAsync(ModelVersionId id, CancellationToken cancellationToken) => Answer($"remove {id}");

    public Task<ChangeOutcome> PutApplicationAsync(ApplicationSpec application, CancellationToken cancellationToken) => Answer($"put {application.Name}");

    public Task<ChangeOutcome> RemoveApplicationAsync(string application, CancellationToken cancellationToken) => Answer($"remove application {application}");

    public ValueTask<(long Revision, ClusterSpec Desired)> ReadDesiredAsync(CancellationToken cancellationToken) => ValueTask.FromResult((7L, Desired));

    public Task WaitForStatusChangeAsync(CancellationToken cancellationToken) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);

    public async IAsyncEnumerable<ClusterEvent> WatchEventsAsync(long since, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var item in _events.Reader.ReadAllAsync(cancellationToken))
        {
            if (item.Sequence > since)
            {
                yield return item;
            }
        }
    }

    public IAsyncEnumerable<ContainerLogLine>? ReadLogs(ModelVersionId id, string? instance, int tail, bool follow, CancellationToken cancellationToken) =>
        id == new ModelVersionId("digits", "1") ? LinesAsync(tail, follow, cancellationToken) : null;

    private static async IAsyncEnumerable<ContainerLogLine> LinesAsync(int tail, bool follow, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return new ContainerLogLine("ab12", $"tail {tail}");
        if (follow)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        }
    }

    private Task<ChangeOutcome> Answer(string call)
    {
        Calls.Add(call);
        return Task.FromResult(Next);
    }
}
