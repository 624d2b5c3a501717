using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;

namespace Orchestrator.Container.Tests;

/// <summary>A container program as a child process on a free port. Linked into the tests of each program.</summary>
internal sealed class ContainerProcess : IAsyncDisposable
{
    /// <summary>How long a test waits for what must happen; only a broken container reaches it.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();
    private readonly List<string> _log = [];

    private ContainerProcess(Process process) => _process = process;

    public HttpClient Client { get; private set; } = new();

    /// <summary>What it wrote to standard error and <see cref="WaitForLogAsync"/> has seen.</summary>
    public IReadOnlyList<string> Log => _log;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <param name="program">The dll, beside the tests.</param>
    /// <param name="options">ORCHESTRATOR_OPTIONS.</param>
    /// <param name="variables">Further variables.</param>
    public static ContainerProcess Start(string program, string options, params (string Name, string Value)[] variables)
    {
        // A shell's background job ignores SIGINT, and so would what it starts.
        var start = new ProcessStartInfo("env", ["--default-signal=INT", "dotnet", Path.Combine(AppContext.BaseDirectory, program)]) { RedirectStandardError = true };
        start.Environment["ORCHESTRATOR_PORT"] = "0";
        start.Environment["ORCHESTRATOR_OPTIONS"] = options;
        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value;
        }

        var container = new ContainerProcess(Process.Start(start)!);
        container._process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is null)
            {
                container._lines.Writer.TryComplete();
            }
            else
            {
                container._lines.Writer.TryWrite(line.Data);
            }
        };
        container._process.BeginErrorReadLine();
        return container;
    }

    /// <summary>Starts it and waits until it says "ready".</summary>
    public static async Task<ContainerProcess> StartReadyAsync(string program, string options, params (string Name, string Value)[] variables)
    {
        var container = Start(program, options, variables);
        await container.WaitForListeningAsync();
        await container.WaitForLogAsync("info: ready");
        return container;
    }

    public async Task WaitForListeningAsync()
    {
        const string Prefix = "info: listening on ";
        var line = await WaitForLogAsync(Prefix);
        Client = new HttpClient { BaseAddress = new Uri(line[Prefix.Length..line.IndexOf(',', StringComparison.Ordinal)]) };
    }

    public async Task<string> WaitForLogAsync(string start)
    {
        using var patience = new CancellationTokenSource(Patience, TimeProvider.System);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(Token, patience.Token);
        await foreach (var line in _lines.Reader.ReadAllAsync(either.Token))
        {
            _log.Add(line);
            if (line.StartsWith(start, StringComparison.Ordinal))
            {
                return line;
            }
        }

        throw new InvalidOperationException($"the container ended without the line '{start}': {string.Join('\n', _log)}");
    }

    public Task<HttpResponseMessage> InferAsync(params double[] values) => Client.PostAsJsonAsync("/v2/models/model/infer", new
    {
        inputs = new[] { new { name = "input", datatype = "FP64", shape = new[] { values.Length, 1 }, data = values } },
    }, Token);

    public static async Task<JsonNode> JsonAsync(HttpResponseMessage response) => JsonNode.Parse(await response.Content.ReadAsStringAsync(Token))!;

    public void Signal(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", $"{_process.Id}"]);
        kill.WaitForExit();
    }

    public async Task<int> ExitCodeAsync()
    {
        await _process.WaitForExitAsync(Token).WaitAsync(Patience, Token);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
    }
}
