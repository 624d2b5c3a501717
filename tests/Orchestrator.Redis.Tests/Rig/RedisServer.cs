using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace Orchestrator.Redis.Tests.Rig;

/// <summary>A real redis-server on a free port of the loopback, in a folder of its own; it keeps nothing on disk and ends with the test.</summary>
internal sealed partial class RedisServer : IAsyncDisposable
{
    private const int Stop = 19;
    private const int Continue = 18;
    private readonly string _folder = Directory.CreateTempSubdirectory("orch-redis-").FullName;
    private readonly string? _password;
    private readonly string[] _more;
    private Process? _process;

    private RedisServer(string? password, string[] more) => (_password, _more) = (password, more);

    public int Port { get; private set; }

    public string Endpoint => $"127.0.0.1:{Port}";

    public RedisOptions Options => new() { Endpoints = [Endpoint], Password = _password, KeyPrefix = "test:" };

    /// <param name="password">Of the default user; null: none.</param>
    /// <param name="more">More options of redis-server.</param>
    public static async Task<RedisServer> StartAsync(string? password = null, params string[] more)
    {
        var server = new RedisServer(password, more);
        await server.StartAsync(0);
        return server;
    }

    /// <summary>SIGSTOP: its socket still accepts, and nothing ever answers.</summary>
    public void Hang() => Send(_process!.Id, Stop).ShouldBe(0);

    public void Resume() => Send(_process!.Id, Continue).ShouldBe(0);

    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>On the same port, with nothing in it.</summary>
    public Task StartAgainAsync() => StartAsync(Port);

    /// <summary>Sends one command and gives what comes back first, for looking in from outside.</summary>
    public async Task<string> AskAsync(string command)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes((_password is null ? "" : $"AUTH {_password}\r\n") + command + "\r\n"));
        var buffer = new byte[64 * 1024];
        var skip = _password is null ? 0 : 1;
        var text = "";
        while (true)
        {
            text += Encoding.Latin1.GetString(buffer, 0, await stream.ReadAsync(buffer));
            var lines = text.Split("\r\n");
            if (lines.Length > skip + 1)
            {
                return string.Join("\r\n", lines[skip..]);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
        {
            await KillAsync();
        }

        _process?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task StartAsync(int port)
    {
        for (var attempt = 0; ; attempt++)
        {
            Port = port == 0 ? FreePort() : port;
            var start = new ProcessStartInfo("redis-server") { WorkingDirectory = _folder, RedirectStandardOutput = true, RedirectStandardError = true };
            foreach (var argument in Arguments())
            {
                start.ArgumentList.Add(argument);
            }

            _process?.Dispose();
            _process = Process.Start(start)!;
            var output = _process.StandardOutput.ReadToEndAsync();
            if (await AnswersAsync())
            {
                return;
            }

            // Somebody else may have taken the port between our look and its start.
            _process.HasExited.ShouldBeTrue("redis-server runs and does not answer");
            attempt.ShouldBeLessThan(5, await output);
        }
    }

    private string[] Arguments() =>
        ["--port", $"{Port}", "--bind", "127.0.0.1", "--dir", _folder, "--save", "", "--appendonly", "no", "--daemonize", "no", .. _password is null ? (string[])[] : ["--requirepass", _password], .. _more];

    private async Task<bool> AnswersAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30), TimeProvider.System);
        while (!limit.IsCancellationRequested && !_process!.HasExited)
        {
            try
            {
                if ((await AskAsync("PING")).StartsWith("+PONG", StringComparison.Ordinal))
                {
                    return true;
                }
            }
            catch (SocketException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
            }
        }

        return false;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Send(int pid, int signal);
}
