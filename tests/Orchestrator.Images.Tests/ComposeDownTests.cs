namespace Orchestrator.Images.Tests;

/// <summary>The end of a compose cluster.</summary>
public sealed class ComposeDownTests(DockerEngine engine)
{
    [Fact]
    public async Task Down_OfAClusterThatServes_LeavesNothingButItsVolume()
    {
        await using var compose = await ComposeCluster.UpAsync(engine, "orchestrator", "redis");
        var name = $"{compose.Project}r";
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(
                file, $$"""{ cluster: {{name}}, runtime: docker, models: [{ name: sums, version: "1", framework: noop, replicas: 2 }] }""", TestContext.Current.CancellationToken);
            (await compose.OrchAsync("apply", "-f", file, "--wait")).ShouldSucceed();
        }
        finally
        {
            File.Delete(file);
        }

        // Replicas are the orchestrator's to end: compose does not know them.
        (await ListAsync("ps", "-q", "--filter", $"name=^/?{name}-")).Count.ShouldBe(2);
        (await compose.ComposeAsync("down")).ShouldSucceed();

        (await ListAsync("ps", "-aq", "--filter", $"name=^/?{name}-")).ShouldBeEmpty();
        (await ListAsync("ps", "-aq", "--filter", $"label=com.docker.compose.project={compose.Project}")).ShouldBeEmpty();
        (await ListAsync("network", "ls", "-q", "--filter", $"name={compose.Project}")).ShouldBeEmpty();
        (await ListAsync("volume", "ls", "-q", "--filter", $"name={compose.Project}_artefacts")).Count.ShouldBe(1);
        (await compose.ComposeAsync("down", "-v")).ShouldSucceed();
        (await ListAsync("volume", "ls", "-q", "--filter", $"name={compose.Project}_")).ShouldBeEmpty();
    }

    private async Task<List<string>> ListAsync(params IEnumerable<string> arguments) =>
        [.. (await engine.DockerAsync(arguments)).ShouldSucceed().Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)];
}
