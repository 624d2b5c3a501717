using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.Core.Registry;
using Orchestrator.Storage.Registry;

namespace Orchestrator.Storage.Tests.Registry;

/// <summary>With another process, which is killed: what a single process cannot show of locks and of crashes.</summary>
public sealed class CrashTests : IDisposable
{
    private const int Rounds = 20;

    private readonly TestFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    private Process StartWriter(string mode) => Process.Start(new ProcessStartInfo(Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet")
    {
        ArgumentList = { "exec", Path.Combine(AppContext.BaseDirectory, "Orchestrator.Storage.CrashWriter.dll"), mode, _folder.Root },
        RedirectStandardOutput = true,
        RedirectStandardInput = true,
    })!;

    [Fact]
    public async Task Write_KilledAtAnyMoment_OpensAtTheLastAcknowledgedRevisionOrNewer()
    {
        var acknowledged = 0L;
        for (var round = 0; round < Rounds; round++)
        {
            using var writer = StartWriter("write");
            for (var line = 0; line <= round; line++)
            {
                acknowledged = long.Parse((await writer.StandardOutput.ReadLineAsync(Token))!, CultureInfo.InvariantCulture);
            }

            writer.Kill(); // SIGKILL, while it writes on
            var rest = await writer.StandardOutput.ReadToEndAsync(Token);
            await writer.WaitForExitAsync(Token);
            // A line that the kill cut short ends without a line feed and was not said in full.
            var lines = rest.Split('\n')[..^1];
            acknowledged = lines.Length > 0 ? long.Parse(lines[^1], CultureInfo.InvariantCulture) : acknowledged;

            using var registry = DiskModelRegistry.Open(_folder.Root, NullLogger<DiskModelRegistry>.Instance);
            var snapshot = await registry.ReadAsync(Token);
            registry.Warnings.ShouldBeEmpty();
            snapshot.Revision.ShouldBeInRange(acknowledged, acknowledged + 1);
            snapshot.Desired.Name.ShouldBe($"r{snapshot.Revision}");
            snapshot.Desired.Models.Count.ShouldBe(200);
            long.Parse(snapshot.Observed.Models["m"].ServingVersion!, CultureInfo.InvariantCulture).ShouldBeInRange(acknowledged, acknowledged + 1);
        }
    }

    [Fact]
    public async Task Open_HeldByAnotherProcess_NamesItAndIsFreeOnceItWasKilled()
    {
        using var holder = StartWriter("hold");
        (await holder.StandardOutput.ReadLineAsync(Token)).ShouldBe("open");
        Should.Throw<RegistryException>(() => DiskModelRegistry.Open(_folder.Root, NullLogger<DiskModelRegistry>.Instance)).Message.ShouldContain($"process {holder.Id}");
        holder.Kill();
        await holder.WaitForExitAsync(Token);
        DiskModelRegistry.Open(_folder.Root, NullLogger<DiskModelRegistry>.Instance).Dispose();
    }
}
