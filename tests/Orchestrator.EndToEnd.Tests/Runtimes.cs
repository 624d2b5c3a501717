namespace Orchestrator.EndToEnd.Tests;

/// <summary>Where containers run; each scenario runs under both.</summary>
internal static class Runtimes
{
    public const string Process = "process";
    public const string Docker = "docker";
}
