using System.Globalization;
using System.Net.Sockets;

namespace Orchestrator.Container.Tests;

public sealed class HealthQuestionTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task Health_OfAContainerOnAPort_IsLive()
    {
        await using var container = await TestContainer.StartAsync(load: false);

        (await AskAsync(new() { ["ORCHESTRATOR_PORT"] = container.Client.BaseAddress!.Port.ToString(CultureInfo.InvariantCulture) })).ShouldBe((0, ""));
    }

    [Fact]
    public async Task Health_OfAContainerOnASocket_IsLive()
    {
        var path = Path.Combine(_folder.Path, "s");
        await using var container = await RunningContainer.StartAsync(
            new ContainerDefinition { Name = "c", Create = _ => new GateModel() }, new ContainerSettings { Socket = path }, TextWriter.Null, TimeProvider.System);

        (await AskAsync(new() { ["ORCHESTRATOR_SOCKET"] = path })).ShouldBe((0, ""));
    }

    [Fact]
    public async Task Health_WhereNothingListens_IsNotLive() =>
        (await AskAsync(new() { ["ORCHESTRATOR_SOCKET"] = Path.Combine(_folder.Path, "none") })).ShouldBe((1, ""));

    [Theory]
    [InlineData("HTTP/1.1 503 Service Unavailable\r\n\r\n")]
    [InlineData("HTTP/1.1 2")]
    [InlineData("")]
    public async Task Health_WhenTheAnswerIsNot200_IsNotLive(string answer)
    {
        var path = Path.Combine(_folder.Path, "s");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        var asked = AskAsync(new() { ["ORCHESTRATOR_SOCKET"] = path });
        using (var connection = await listener.AcceptAsync(TestContainer.Token))
        {
            await connection.SendAsync(System.Text.Encoding.ASCII.GetBytes(answer), TestContainer.Token);
            connection.Shutdown(SocketShutdown.Send);
            (await asked).ShouldBe((1, ""));
        }
    }

    [Fact]
    public async Task Health_WithAWrongVariable_SaysSo()
    {
        var (code, log) = await AskAsync(new() { ["ORCHESTRATOR_PORT"] = "x" });

        code.ShouldBe(2);
        log.ShouldStartWith("FATAL: ORCHESTRATOR_PORT is 'x'");
    }

    public void Dispose() => _folder.Dispose();

    private static async Task<(int Code, string Log)> AskAsync(Dictionary<string, string> variables)
    {
        using var log = new StringWriter();
        var definition = new ContainerDefinition { Name = "c", Create = _ => throw new InvalidOperationException("A question serves nothing.") };
        var code = await ContainerHost.RunAsync(definition, [HealthQuestion.Argument], variables.GetValueOrDefault, log, TimeProvider.System);
        return (code, log.ToString());
    }
}
