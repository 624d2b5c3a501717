namespace Orchestrator.Images.Tests;

/// <summary>What runs in the project's compose file, with the project's images.</summary>
public sealed class ComposeTests(DockerEngine engine, DigitsCluster cluster) : IClassFixture<DigitsCluster>
{
    private const int Asked = 40;
    private readonly Digits _digits = new();

    private ComposeCluster Compose => cluster.Compose;

    [Theory]
    [InlineData("digits", "digits-v1", "predict")]
    [InlineData("digits-onnx", "digits-onnx", "label")]
    [InlineData("digits-dotnet", "digits-dotnet", "label")]
    public async Task Digits_OverThePublishedPort_AreAnsweredByTheModel(string application, string model, string output)
    {
        for (var i = 0; i < Asked; i++)
        {
            var answer = await Digits.AskAsync(Compose.Http, Compose.Query, application, _digits.Image(i));

            answer["default"]!.GetValue<bool>().ShouldBeFalse(answer.ToJsonString());
            ((int)answer["output"]!.GetValue<double>()).ShouldBe(_digits.Expected(model, output, i), $"{application}, digit {i}");
        }
    }

    [Fact]
    public async Task ModelBuild_OfAnArtefactWithRequirements_IsAnImageThatServes()
    {
        // What the image has already: nothing need be fetched, and pip has its say all the same.
        var requirements = await cluster.WriteFileAsync("requirements.txt", "numpy>=1.20\n");
        var image = $"{cluster.Name}-forest:3";
        try
        {
            var built = (await Compose.OrchAsync(
                "model", "build", "forest", "--version", "3", "--framework", "sklearn", "--path", $"{DigitsCluster.Models}/digits-forest.joblib", "--requirements", requirements)).ShouldSucceed();

            built.Output.ShouldStartWith(image);
            built.Error.ShouldContain("RUN sh /tmp/install-requirements.sh");
            (await engine.InspectAsync(image, "{{.Config.User}} {{.Config.Env}}")).ShouldMatch("^10001 .*ORCHESTRATOR_ARTEFACT=/artefact/digits-forest.joblib");
            (await Compose.OrchAsync("model", "deploy", "forest", "--version", "3", "--framework", "sklearn", "--image", image, "--wait")).ShouldSucceed();
            (await Compose.OrchAsync("app", "create", "forest", "--model", "forest", "--slo", "10s")).ShouldSucceed();
            var answer = await Digits.AskAsync(Compose.Http, Compose.Query, "forest", _digits.Image(0));
            (answer["version"]!.GetValue<string>(), (int)answer["output"]!.GetValue<double>()).ShouldBe(("3", _digits.Expected("digits-forest", "predict", 0)));
        }
        finally
        {
            await Compose.OrchAsync("app", "remove", "forest");
            await Compose.OrchAsync("model", "remove", "forest");
            await engine.DockerAsync("rmi", "-f", image);
        }
    }

    [Fact]
    public async Task ModelBuild_OfWhatCannotBeInstalled_FailsWithTheBuildsOwnWords()
    {
        var requirements = await cluster.WriteFileAsync("absent.txt", "./absent-1.0-py3-none-any.whl\n");

        var failed = await Compose.OrchAsync(
            "model", "build", "digits", "--version", "4", "--framework", "sklearn", "--path", $"{DigitsCluster.Models}/digits-v1.joblib", "--requirements", requirements);

        failed.ExitCode.ShouldBe(1);
        failed.Error.ShouldContain("absent-1.0-py3-none-any.whl");
        failed.Error.ShouldContain($"error: image '{cluster.Name}-digits:4' cannot be built: The command '/bin/sh -c sh /tmp/install-requirements.sh' returned a non-zero code");
        (await engine.DockerAsync("image", "inspect", $"{cluster.Name}-digits:4")).ExitCode.ShouldNotBe(0);
    }

    [Fact]
    public async Task Dashboards_UnderALittleLoad_HaveDataInEveryPanelAndVariable()
    {
        var empty = Dashboards.ReadQueries();
        empty.Count.ShouldBeGreaterThan(20);
        using var ended = new CancellationTokenSource();
        var load = LoadAsync(ended.Token);
        try
        {
            await Waiting.UntilAsync(TimeSpan.FromMinutes(2), async () =>
            {
                empty = await Dashboards.FindEmptyAsync(Compose.Http, Compose.Prometheus, empty);
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
            await Digits.AskAsync(Compose.Http, Compose.Query, "digits", _digits.Image(i % 50));
            using var content = System.Net.Http.Json.JsonContent.Create(new { inputs = new[] { new { name = "input", shape = new[] { 1, 1 }, datatype = "FP64", data = new[] { i } } } });
            (await Compose.Http.PostAsync(new Uri(Compose.Query, "/v2/models/failing/infer"), content, CancellationToken.None)).Dispose();
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, CancellationToken.None);
        }
    }
}
