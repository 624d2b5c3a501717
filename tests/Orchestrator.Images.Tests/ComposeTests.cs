namespace Orchestrator.Images.Tests;

/// <summary>The project's compose file with the project's images, from up to down.</summary>
public sealed class ComposeTests(DockerEngine engine) : IAsyncLifetime
{
    private const int Asked = 40;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("compose-");
    private readonly Digits _digits = new();
    private ComposeCluster _cluster = null!;

    /// <summary>The cluster's name, which begins those of its containers and images; not compose's project, which begins those of its services.</summary>
    private string Name => $"{_cluster.Project}r";

    private static string Models => Path.Combine(Shell.Root, "samples/digits/models");

    public async ValueTask InitializeAsync()
    {
        _cluster = await ComposeCluster.UpAsync(engine);
        (await _cluster.OrchAsync("apply", "-f", await WriteClusterFileAsync(), "--wait")).ShouldSucceed();
    }

    public async ValueTask DisposeAsync()
    {
        await _cluster.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Up_WithTheDigits_AnswersThemOverThePublishedPortAndGoesDownClean()
    {
        foreach (var (application, model, output) in new[] { ("digits", "digits-v1", "predict"), ("digits-onnx", "digits-onnx", "label"), ("digits-dotnet", "digits-dotnet", "label") })
        {
            for (var i = 0; i < Asked; i++)
            {
                var answer = await Digits.AskAsync(_cluster.Http, _cluster.Query, application, _digits.Image(i));

                answer["default"]!.GetValue<bool>().ShouldBeFalse(answer.ToJsonString());
                ((int)answer["output"]!.GetValue<double>()).ShouldBe(_digits.Expected(model, output, i), $"{application}, digit {i}");
            }
        }

        // Replicas are the orchestrator's to end: compose does not know them.
        (await ReplicasAsync()).Count.ShouldBe(5);
        (await _cluster.ComposeAsync("down")).ShouldSucceed();

        (await ReplicasAsync()).ShouldBeEmpty();
        (await ListAsync("ps", "-aq", "--filter", $"label=com.docker.compose.project={_cluster.Project}")).ShouldBeEmpty();
        (await ListAsync("network", "ls", "-q", "--filter", $"name={_cluster.Project}")).ShouldBeEmpty();
        (await ListAsync("volume", "ls", "-q", "--filter", $"name={_cluster.Project}_state")).Count.ShouldBe(1);
        (await _cluster.ComposeAsync("down", "-v")).ShouldSucceed();
        (await ListAsync("volume", "ls", "-q", "--filter", $"name={_cluster.Project}_")).ShouldBeEmpty();
    }

    [Fact]
    public async Task ModelBuild_OfAnArtefactWithRequirements_IsAnImageThatServes()
    {
        var requirements = Path.Combine(_folder.FullName, "requirements.txt");
        // What the image has already: nothing need be fetched, and pip has its say all the same.
        await File.WriteAllTextAsync(requirements, "numpy>=1.20\n", TestContext.Current.CancellationToken);
        var image = $"{Name}-digits:3";
        try
        {
            var built = (await _cluster.OrchAsync("model", "build", "digits", "--version", "3", "--framework", "sklearn", "--path", $"{Models}/digits-forest.joblib", "--requirements", requirements)).ShouldSucceed();

            built.Output.ShouldStartWith(image);
            built.Error.ShouldContain("Requirement already satisfied: numpy>=1.20");
            (await engine.InspectAsync(image, "{{.Config.User}} {{.Config.Env}}")).ShouldMatch("^10001 .*ORCHESTRATOR_ARTEFACT=/artefact/digits-forest.joblib");
            (await _cluster.OrchAsync("model", "deploy", "digits", "--version", "3", "--framework", "sklearn", "--image", image, "--wait")).ShouldSucceed();
            var answer = await Digits.AskAsync(_cluster.Http, _cluster.Query, "digits", _digits.Image(0));
            (answer["version"]!.GetValue<string>(), (int)answer["output"]!.GetValue<double>()).ShouldBe(("3", _digits.Expected("digits-forest", "predict", 0)));
        }
        finally
        {
            await engine.DockerAsync("rmi", "-f", image);
        }
    }

    [Fact]
    public async Task ModelBuild_OfWhatCannotBeInstalled_FailsWithTheBuildsOwnWords()
    {
        var requirements = Path.Combine(_folder.FullName, "requirements.txt");
        await File.WriteAllTextAsync(requirements, "./absent-1.0-py3-none-any.whl\n", TestContext.Current.CancellationToken);

        var failed = await _cluster.OrchAsync("model", "build", "digits", "--version", "4", "--framework", "sklearn", "--path", $"{Models}/digits-v1.joblib", "--requirements", requirements);

        failed.ExitCode.ShouldBe(1);
        failed.Error.ShouldContain("absent-1.0-py3-none-any.whl");
        failed.Error.ShouldContain($"error: image '{Name}-digits:4' cannot be built: The command '/bin/sh -c sh /tmp/install-requirements.sh' returned a non-zero code");
        (await engine.DockerAsync("image", "inspect", $"{Name}-digits:4")).ExitCode.ShouldNotBe(0);
    }

    [Fact]
    public async Task Dashboards_UnderALittleLoad_HaveDataInEveryPanelAndVariable()
    {
        var queries = Dashboards.ReadQueries();
        queries.Count.ShouldBeGreaterThan(20);
        using var ended = new CancellationTokenSource();
        var load = LoadAsync(ended.Token);

        try
        {
            var empty = queries;
            await Waiting.UntilAsync(TimeSpan.FromMinutes(2), async () =>
            {
                empty = await Dashboards.FindEmptyAsync(_cluster.Http, _cluster.Prometheus, empty);
                return empty.Count == 0 ? null : $"no data for {string.Join("\n", empty.Select(q => $"{q.Where}: {q.Expression}"))}";
            });
        }
        finally
        {
            await ended.CancelAsync();
            await load;
        }
    }

    // Digits, the same ones again (cache), and a model that fails every second batch.
    private async Task LoadAsync(CancellationToken ended)
    {
        for (var i = 0; !ended.IsCancellationRequested; i++)
        {
            await Digits.AskAsync(_cluster.Http, _cluster.Query, "digits", _digits.Image(i % 50));
            using var content = System.Net.Http.Json.JsonContent.Create(new { inputs = new[] { new { name = "input", shape = new[] { 1, 1 }, datatype = "FP64", data = new[] { i } } } });
            (await _cluster.Http.PostAsync(new Uri(_cluster.Query, "/v2/models/failing/infer"), content, CancellationToken.None)).Dispose();
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, CancellationToken.None);
        }
    }

    /// <summary>The sample with an objective that a loaded machine meets, an application per framework, and a name of its own.</summary>
    private async Task<string> WriteClusterFileAsync()
    {
        var sample = await File.ReadAllTextAsync(Path.Combine(Shell.Root, "samples/digits/docker.yaml"), TestContext.Current.CancellationToken);
        var text = sample
            .Replace("cluster: digits", $"cluster: {Name}", StringComparison.Ordinal)
            .Replace("path: models", $"path: {Models}", StringComparison.Ordinal)
            .Replace("slo: 20ms", "slo: 10s", StringComparison.Ordinal)
            .Replace("applications:\n", """
                  - { name: failing, version: "1", framework: noop, options: { failEvery: 2 } }
                applications:
                  - { name: digits-onnx, slo: 10s, defaultOutput: -1, model: digits-onnx }
                  - { name: digits-dotnet, slo: 10s, defaultOutput: -1, model: digits-dotnet }

                """, StringComparison.Ordinal);
        var file = Path.Combine(_folder.FullName, "cluster.yaml");
        await File.WriteAllTextAsync(file, text, TestContext.Current.CancellationToken);
        return file;
    }

    private Task<List<string>> ReplicasAsync() => ListAsync("ps", "-aq", "--filter", $"name=^/?{Name}-");

    private async Task<List<string>> ListAsync(params IEnumerable<string> arguments) =>
        [.. (await engine.DockerAsync(arguments)).ShouldSucceed().Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)];
}
