using System.CommandLine;
using Orchestrator.Cli.Admin;
using Orchestrator.Cli.Output;
using Orchestrator.Cli.Waiting;

namespace Orchestrator.Cli.Commands;

/// <summary>What one run of one command works with.</summary>
internal sealed class Session : IDisposable
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);
    private readonly GlobalOptions _globals;
    private readonly ParseResult _parsed;

    public Session(CliContext context, GlobalOptions globals, ParseResult parsed)
        : this(context, globals, parsed, globals.AdminAddress(parsed, context))
    {
    }

    public Session(CliContext context, GlobalOptions globals, ParseResult parsed, Uri adminAddress)
    {
        _globals = globals;
        _parsed = parsed;
        Context = context;
        Printer = new Printer(context, globals.WantsJson(parsed));
        // Waits are bounded by commands and by Ctrl-C; an upload or a followed log may take as long as it takes. No proxy: the orchestrator is near.
        Http = new HttpClient(new SocketsHttpHandler { ConnectTimeout = ConnectTimeout, UseProxy = false }) { Timeout = Timeout.InfiniteTimeSpan };
        Admin = new AdminClient(Http, adminAddress);
    }

    public CliContext Context { get; }

    public Printer Printer { get; }

    public HttpClient Http { get; }

    public AdminClient Admin { get; }

    public Uri QueryAddress => _globals.QueryAddress(_parsed, Context);

    public RolloutWaiter Waiter => new(Admin, Printer, Context.Time);

    public void Dispose() => Http.Dispose();
}
