using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orchestrator.Core;

namespace Orchestrator.Redis.Connecting;

/// <summary>
/// Keeps one connection open: opens it, watches it, drops it when it broke or is silent while a reply is due, and opens another. Callers take what is there now and never wait
/// for a connection. Not reached at start is no error: the orchestrator works without.
/// </summary>
internal sealed partial class RedisConnection : BackgroundService
{
    private const string Untried = "it was not reached yet";

    /// <summary>How often a connection is looked at.</summary>
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(100);

    /// <summary>A connection without calls is asked for a sign of life this often, so that health says the truth without traffic.</summary>
    private static readonly TimeSpan PingAfter = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    private readonly RedisOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<RedisConnection> _logger;
    private readonly string? _channel;
    private RedisLink? _link;
    private LinkState _state;
    private bool _wasThere;
    private TimeSpan _pause = Period;

    /// <param name="options">Validated.</param>
    /// <param name="time">Clock.</param>
    /// <param name="logger">Hears of comings and goings.</param>
    /// <param name="channel">Notifications to hear; null: none, and with it the cache's connection.</param>
    /// <param name="use">What it is for; null: what follows from the others.</param>
    public RedisConnection(RedisOptions options, TimeProvider time, ILogger<RedisConnection> logger, string? channel = null, RedisUse? use = null)
    {
        Use = use ?? (channel is null ? RedisUse.Cache : RedisUse.State);
        _channel = channel;
        _options = options;
        _time = time;
        _logger = logger;
        _state = new LinkState(Untried, time.GetUtcNow());
    }

    /// <summary>The connection, if there is one.</summary>
    public RedisLink? Link => Volatile.Read(ref _link);

    /// <summary>Notified by what is published on the channel, and whenever a connection was opened: something may have been missed before.</summary>
    public ChangeSignal Heard { get; } = new();

    /// <summary>Why there is none; null while there is.</summary>
    public string? Problem => State.Reason is { } reason ? Away(reason) : null;

    /// <summary>Whether there is one, and since when.</summary>
    public LinkState State => Volatile.Read(ref _state);

    /// <summary>Whether the first attempt has not ended: others need not say that there is none.</summary>
    public bool IsUntried => State.Reason == Untried;

    /// <summary>What it is for.</summary>
    public RedisUse Use { get; }

    /// <summary>The endpoints, for people.</summary>
    public string Server => string.Join(", ", _options.Endpoints);

    public override void Dispose()
    {
        Interlocked.Exchange(ref _link, null)?.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(await RunOnceAsync(stoppingToken), _time, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }
        }

        Drop("the orchestrator ends");
    }

    /// <summary>Opens, checks or drops.</summary>
    /// <returns>How long to wait before the next time.</returns>
    internal async Task<TimeSpan> RunOnceAsync(CancellationToken cancellationToken)
    {
        if (Link is not { } link)
        {
            return await OpenAsync(cancellationToken);
        }

        if (link.IsBroken || link.IsSilent)
        {
            var reason = link.IsSilent ? $"no reply for {_options.Silence.TotalMilliseconds} ms" : "the connection broke";
            Drop(reason);
            Log.Dropped(_logger, _options, Use.Name, reason);
            return TimeSpan.Zero;
        }

        if (link.Calls == 0 && link.SinceProgress > PingAfter && link.TryEnter(1, 0))
        {
            Ping(link);
        }

        return Period;
    }

    private static void Ping(RedisLink link)
    {
        try
        {
            link.LeaveWith(link.Database.PingAsync(), 0);
        }
        catch (Exception)
        {
            // What keeps it from being sent shows in the link itself, at the next look.
            link.LeaveUnused(0);
        }
    }

    private async Task<TimeSpan> OpenAsync(CancellationToken cancellationToken)
    {
        try
        {
            var link = await RedisLink.OpenAsync(_options, _channel is not null, _time, cancellationToken);
            await ListenAsync(link, cancellationToken);
            Volatile.Write(ref _link, link);
            Arrived();
            Heard.Notify();
            return Period;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            var reason = Reason(e);
            if (reason != State.Reason)
            {
                Volatile.Write(ref _state, State with { Reason = reason });
                Log.Away(_logger, Away(reason), Use.Consequence);
            }

            // Jitter: the frontends of a cluster lose a server at the same moment.
            var pause = _pause * (0.5 + Random.Shared.NextDouble());
            _pause = TimeSpan.FromTicks(Math.Min(2 * _pause.Ticks, LongestPause.Ticks));
            return pause;
        }
    }

    private async Task ListenAsync(RedisLink link, CancellationToken cancellationToken)
    {
        if (_channel is null)
        {
            return;
        }

        try
        {
            await link.SubscribeAsync(_channel, Heard.Notify).WaitAsync(_options.ConnectTimeout, _time, cancellationToken);
        }
        catch
        {
            link.Dispose();
            throw;
        }
    }

    private void Arrived()
    {
        var now = _time.GetUtcNow();
        var away = now - State.Since;
        Volatile.Write(ref _state, new LinkState(null, now));
        _pause = Period;
        if (_wasThere)
        {
            Log.Back(_logger, _options, Use.Name, away.TotalSeconds);
        }
        else
        {
            Log.Connected(_logger, _options, Use.Name);
        }

        _wasThere = true;
    }

    private string Away(string reason) => $"{_options} is away: {reason}";

    private void Drop(string reason)
    {
        Volatile.Write(ref _state, new LinkState(reason, _time.GetUtcNow()));
        Interlocked.Exchange(ref _link, null)?.Dispose();
    }

    /// <summary>In our words: the client's name its own settings and may repeat what it was given.</summary>
    private string Reason(Exception e)
    {
        var text = e.ToString();
        return e switch
        {
            TimeoutException => "no answer to the connection attempt",
            _ when text.Contains("NOAUTH", StringComparison.Ordinal) || text.Contains("WRONGPASS", StringComparison.Ordinal) || (text.Contains("AuthenticationFailure", StringComparison.Ordinal) && !_options.Tls)
                => "it refused the password, or wants one (ORCHESTRATOR_REDIS_PASSWORD, --redis-password-file)",
            _ when text.Contains("AuthenticationFailure", StringComparison.Ordinal)
                => "TLS failed, or it refused the password: it needs a certificate for this very name or address, by an authority that this machine trusts (SSL_CERT_FILE names further ones)",
            _ => "no connection could be opened (is it running, does it hang, is the endpoint right, does it speak TLS as told?)",
        };
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 7001, EventName = "Connected", Level = LogLevel.Information, Message = "{Redis}: connected ({Use})")]
        public static partial void Connected(ILogger logger, RedisOptions redis, string use);

        [LoggerMessage(EventId = 7004, EventName = "Back", Level = LogLevel.Information, Message = "{Redis}: connected again ({Use}), after {Seconds:F1} s")]
        public static partial void Back(ILogger logger, RedisOptions redis, string use, double seconds);

        [LoggerMessage(EventId = 7002, EventName = "Away", Level = LogLevel.Warning, Message = "{Problem}; {Consequence}")]
        public static partial void Away(ILogger logger, string problem, string consequence);

        [LoggerMessage(EventId = 7003, EventName = "Dropped", Level = LogLevel.Warning, Message = "{Redis} ({Use}): {Reason}; the connection is opened anew")]
        public static partial void Dropped(ILogger logger, RedisOptions redis, string use, string reason);
    }
}
