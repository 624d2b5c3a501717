namespace Orchestrator.Architecture.Tests;

/// <summary>Which project may look where: the table of docs/architecture.md. A new project needs a row here, and there.</summary>
internal static class ProjectTable
{
    private static readonly string[] Inner =
    [
        "Orchestrator.Core", "Orchestrator.Protocol", "Orchestrator.Serving", "Orchestrator.Control", "Orchestrator.Storage", "Orchestrator.Processes", "Orchestrator.Docker",
        "Orchestrator.Redis",
    ];

    public static IReadOnlyDictionary<string, ProjectRule> Rules { get; } = new Dictionary<string, ProjectRule>
    {
        ["Orchestrator.Core"] = new([], ["YamlDotNet"]),
        ["Orchestrator.Protocol"] = new([], []),
        ["Orchestrator.Serving"] = new(["Orchestrator.Core", "Orchestrator.Protocol"], ["Polly.Core"]),
        ["Orchestrator.Control"] = new(["Orchestrator.Core", "Orchestrator.Protocol"], ["Polly.Core"]),
        ["Orchestrator.Storage"] = new(["Orchestrator.Core"], []),
        ["Orchestrator.Processes"] = new(["Orchestrator.Core"], []),
        ["Orchestrator.Docker"] = new(["Orchestrator.Core"], []),
        ["Orchestrator.Redis"] = new(["Orchestrator.Core"], ["StackExchange.Redis"]),
        ["Orchestrator.Host"] = new(
            Inner, ["Yarp.ReverseProxy", "OpenTelemetry", "OpenTelemetry.Api", "OpenTelemetry.Exporter.OpenTelemetryProtocol", "OpenTelemetry.Api.ProviderBuilderExtensions", "Microsoft.AspNetCore.OpenApi", "Microsoft.OpenApi"])
        { MayUseAspNetCore = true },
        ["Orchestrator.Conformance"] = new(["Orchestrator.Protocol"], []),
        ["Orchestrator.Load"] = new(["Orchestrator.Protocol"], []),
        ["Orchestrator.Simulation"] = new(["Orchestrator.Core", "Orchestrator.Serving"], []),
        // Protocol comes with Conformance and Load, whose checks and loads are made of its tensors.
        ["Orchestrator.Cli"] = new(
            ["Orchestrator.Core", "Orchestrator.Protocol", "Orchestrator.Conformance", "Orchestrator.Load", "Orchestrator.Simulation"], ["System.CommandLine", "Spectre.Console"]),
    };
}

/// <summary>What one project may reference.</summary>
internal sealed record ProjectRule(IReadOnlyList<string> Projects, IReadOnlyList<string> Packages)
{
    public bool MayUseAspNetCore { get; init; }
}
