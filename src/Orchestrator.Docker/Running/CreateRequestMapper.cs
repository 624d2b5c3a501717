using System.Globalization;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Runtime;
using Orchestrator.Docker.Engine;
using Orchestrator.Docker.Surroundings;

namespace Orchestrator.Docker.Running;

/// <summary>Writes a plan for the engine. What a container may do is little: another user than root, no capabilities, no new privileges, a root that it cannot write. Pure.</summary>
internal static class CreateRequestMapper
{
    /// <summary>Where every container listens, in its own network.</summary>
    public const int ContainerPort = 8080;

    /// <summary>The user of images that name none, or root: nobody's in Debian, and that of distroless images.</summary>
    public const string FallbackUser = "65532:65532";

    private const string SocketMount = "/run/orchestrator";
    private const string TemporaryFolder = "/tmp";
    private const int BillionthsPerCpu = 1_000_000_000;

    // Some frameworks unpack libraries there and load them: not noexec.
    private const string TemporaryOptions = "rw,nosuid,nodev,size=1g,mode=1777";

    private static readonly string ExposedPort = string.Create(CultureInfo.InvariantCulture, $"{ContainerPort}/tcp");

    public static CreateContainerRequest Map(ContainerPlan plan) => new()
    {
        Image = plan.Image,
        // A command is the program and its arguments: it stands instead of the image's entry point, not behind it.
        Entrypoint = plan.Launch.Spec.Command.Count > 0 ? [Fill(plan.Launch.Spec.Command[0], plan)] : null,
        Cmd = plan.Launch.Spec.Command.Count > 0 ? [.. plan.Launch.Spec.Command.Skip(1).Select(word => Fill(word, plan))] : null,
        Env = [.. Variables(plan).OrderBy(v => v.Key, StringComparer.Ordinal).Select(v => $"{v.Key}={v.Value}")],
        User = UserOf(plan),
        Labels = ContainerLabels.For(plan.Launch, plan.StateId, plan.Reach, plan.AddressLabel),
        ExposedPorts = plan.Reach == Reach.Published ? new Dictionary<string, EmptyObject> { [ExposedPort] = new() } : null,
        // Control asks every replica itself; the image's own check would only cost a process every few seconds.
        Healthcheck = new HealthCheck(["NONE"]),
        HostConfig = MapHost(plan),
        NetworkingConfig = plan.Reach == Reach.Name
            ? new NetworkingConfig(new Dictionary<string, EndpointConfig> { [plan.Surroundings.Network!] = new([plan.Alias]) })
            : null,
    };

    private static HostConfig MapHost(ContainerPlan plan)
    {
        var resources = plan.Launch.Spec.Resources ?? new ResourcesSpec();
        return new HostConfig
        {
            Mounts = [.. Mounts(plan)],
            Tmpfs = new Dictionary<string, string> { [TemporaryFolder] = TemporaryOptions },
            NetworkMode = plan.Surroundings.Network,
            PortBindings = plan.Reach == Reach.Published
                ? new Dictionary<string, IReadOnlyList<PortBinding>> { [ExposedPort] = [new PortBinding { HostIp = plan.Surroundings.PublishedHost, HostPort = "" }] }
                : null,
            ReadonlyRootfs = true,
            CapDrop = ["ALL"],
            SecurityOpt = plan.Surroundings.HasSelinux ? ["no-new-privileges", "label=disable"] : ["no-new-privileges"],
            Privileged = false,
            Memory = resources.Memory,
            MemorySwap = resources.Memory,
            NanoCpus = resources.Cpus is { } cpus ? (long)(cpus * BillionthsPerCpu) : null,
            PidsLimit = resources.Pids,
            DeviceRequests = resources.Gpus is { } gpus ? [new DeviceRequest { Count = gpus, Capabilities = [["gpu"]] }] : null,
            LogConfig = new LogConfig("json-file", new Dictionary<string, string> { ["max-size"] = "4m", ["max-file"] = "2" }),
            // A replacement is a new replica: the engine restarts nothing behind the reconciler's back.
            RestartPolicy = new RestartPolicy("no"),
        };
    }

    private static IEnumerable<Mount> Mounts(ContainerPlan plan)
    {
        if (plan.Artefact.Mount is { } artefact)
        {
            yield return artefact;
        }

        if (plan.SocketFolder is { } folder)
        {
            yield return new Mount { Type = "bind", Source = folder, Target = SocketMount };
        }
    }

    // Later ones win: the spec's, then what the contract says, which a spec cannot change. The image's own stand below all of them.
    private static Dictionary<string, string> Variables(ContainerPlan plan)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal) { ["HOME"] = TemporaryFolder };
        foreach (var (name, value) in plan.Launch.Spec.Environment.Concat(ContractVariables.For(plan.Launch, plan.DrainTime)))
        {
            variables[name] = value;
        }

        if (plan.Reach == Reach.Socket)
        {
            variables[ContractVariables.Socket] = $"{SocketMount}/{SocketFolders.SocketName}";
        }
        else
        {
            variables[ContractVariables.Host] = "0.0.0.0";
            variables[ContractVariables.Port] = ContainerPort.ToString(CultureInfo.InvariantCulture);
        }

        if (plan.Artefact.Path is { } path)
        {
            variables[ContractVariables.Artefact] = path;
        }

        return variables;
    }

    // Null: the image's own. A socket belongs to whoever listens, and we must be let in: then the container runs as we do, unless we are root, who is always let in.
    private static string? UserOf(ContainerPlan plan)
    {
        var (user, group) = plan.Surroundings.Identity;
        if (plan.Reach == Reach.Socket && user != 0)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{user}:{group}");
        }

        var own = (plan.ImageConfig.User ?? "").Split(':')[0];
        return own is "" or "root" or "0" ? FallbackUser : null;
    }

    private static string Fill(string word, ContainerPlan plan) => word
        .Replace("{port}", ContainerPort.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
        .Replace("{host}", "0.0.0.0", StringComparison.Ordinal)
        .Replace("{artefact}", plan.Artefact.Path ?? "", StringComparison.Ordinal)
        .Replace("{model}", plan.Launch.Replica.ModelVersion.Model, StringComparison.Ordinal)
        .Replace("{version}", plan.Launch.Replica.ModelVersion.Version, StringComparison.Ordinal)
        .Replace("{python}", "python3", StringComparison.Ordinal);
}
