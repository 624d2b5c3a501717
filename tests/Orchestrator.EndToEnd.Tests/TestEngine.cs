using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Orchestrator.EndToEnd.Tests;

/// <summary>The engine of tests/docker-engine.sh, asked without any client of the product's.</summary>
internal static class TestEngine
{
    private const string Variable = "ORCHESTRATOR_TEST_DOCKER_SOCKET";

    private static readonly HttpClient Http = new(new SocketsHttpHandler { ConnectCallback = ConnectAsync, PooledConnectionLifetime = TimeSpan.Zero })
    {
        BaseAddress = new Uri("http://docker/"),
        Timeout = TimeSpan.FromSeconds(60),
    };

    public static string Socket => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } path
        ? path
        : throw new InvalidOperationException($"{Variable} is not set: export {Variable}=$(bash tests/docker-engine.sh start), or leave these tests out: -trait- Needs=Docker");

    public static async Task PostAsync(string path)
    {
        using var response = await Http.PostAsync(path, null);
        ((int)response.StatusCode).ShouldBeInRange(200, 304, await response.Content.ReadAsStringAsync());
    }

    public static async Task DeleteAsync(string path)
    {
        using var response = await Http.DeleteAsync(path);
        response.StatusCode.ShouldBe(HttpStatusCode.OK, await response.Content.ReadAsStringAsync());
    }

    /// <summary>Ids of containers of a cluster that run, in order.</summary>
    public static async Task<string[]> RunningAsync(string cluster)
    {
        var filters = Uri.EscapeDataString($$"""{"label":["orchestrator.cluster={{cluster}}"]}""");
        using var list = JsonDocument.Parse(await Http.GetStringAsync($"/containers/json?filters={filters}"));
        return [.. list.RootElement.EnumerateArray().Select(c => c.GetProperty("Id").GetString()!).Order(StringComparer.Ordinal)];
    }

    /// <summary>kill -9, unless it ended by itself.</summary>
    public static async Task KillIfRunningAsync(string id)
    {
        using var response = await Http.PostAsync($"/containers/{id}/kill?signal=KILL", null);
        response.StatusCode.ShouldBeOneOf(HttpStatusCode.NoContent, HttpStatusCode.NotFound, HttpStatusCode.Conflict);
    }

    /// <summary><c>halt</c> ends the engine alone, <c>start</c> starts it again; without live-restore its containers end with it the next time.</summary>
    public static async Task ScriptAsync(string command, bool liveRestore = true) => (await CommandResult.RunAsync(
        "bash",
        [Path.Combine(Repository.Root, "tests", "docker-engine.sh"), command],
        new Dictionary<string, string> { ["ORCHESTRATOR_TEST_DOCKER_LIVE_RESTORE"] = liveRestore ? "yes" : "no" })).ShouldSucceed();

    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Socket), cancellationToken);
        return new NetworkStream(socket, ownsSocket: true);
    }
}
