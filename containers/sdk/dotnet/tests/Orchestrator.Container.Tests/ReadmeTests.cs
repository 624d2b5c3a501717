using System.Net;
using System.Runtime.CompilerServices;

namespace Orchestrator.Container.Tests;

public sealed class ReadmeTests
{
    [Fact]
    public async Task Readme_ItsModel_IsTheOneThatRuns()
    {
        var source = await File.ReadAllTextAsync(Beside("Doubler.cs"), TestContainer.Token);
        var readme = await File.ReadAllTextAsync(Beside("../../README.md"), TestContainer.Token);
        readme.ShouldContain(source[source.IndexOf("public sealed class Doubler", StringComparison.Ordinal)..].TrimEnd(), Case.Sensitive);

        await using var container = await TestContainer.StartAsync(model: new Doubler());
        var response = await container.InferAsync(TestContainer.Rows(21));

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await TestContainer.JsonAsync(response))["outputs"]![0]!["data"]!.ToJsonString().ShouldBe("[42,42]");
    }

    private static string Beside(string name, [CallerFilePath] string path = "") => Path.Combine(Path.GetDirectoryName(path)!, name);
}
