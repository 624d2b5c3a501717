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
    /// <summary>How often a connection is looked at.</summary>
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(100);

    /// <summary>A connection without calls is asked for a sign of life this often, so that health says the truth without traffic.</summary>
    private static readonly TimeSpan PingAfter = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    private readonly RedisOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<RedisConnection> _logger;
    private readonly string? _channel;
    private readonly string _consequence;
    private RedisLink? _link;
    private string? _problem;
    private TimeSpan _pause = Period;

    /// <param name="options">Validated.</param>
    /// <param name="time">Clock.</param>
    /// <param name="logger">Hears of comings and goings.</param>
    /// <param name="channel">Notifications to hear; null: none, and with it the cache's connection.</param>
    /// <param name="consequence">What it means that there is none, for people; null: what follows from the others.</param>
    public RedisConnection(RedisOptions options, TimeProvider time, ILogger<RedisConnection> logger, string? channel = null, string? consequence = null)
    {
        _consequence = consequence ?? (channel is null ? "predictions go on without the shared cache" : "what is served goes on, nothing can be changed");
        _channel = channel;
        _options = options;
        _time = time;
        _logger = logger;
        _problem = $"{options} is not connected yet";
    }

    /// <summary>The connection, if there is one.</summary>
    public RedisLink? Link => Volatile.Read(ref _link);

    /// <summary>Notified by what is published on the channel, and whenever a connection was opened: something may have been missed before.</summary>
    public ChangeSignal Heard { get; } = new();

    /// <summary>Why there is none; null while there is.</summary>
    public string? Problem => Volatile.Read(ref _problem);

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

        Drop($"{_options}: the orchestrator ends");
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
            Drop($"{_options} is away: {reason}");
            Log.Dropped(_logger, _options, reason);
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
            Volatile.Write(ref _problem, null);
            _pause = Period;
            Log.Connected(_logger, _options);
            Heard.Notify();
            return Period;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            var problem = $"{_options} is away: {Reason(e)}";
            if (Interlocked.Exchange(ref _problem, problem) != problem)
            {
                Log.Away(_logger, problem, _consequence);
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

    private void Drop(string problem)
    {
        Volatile.Write(ref _problem, problem);
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
            _ => "no connection could be opened (is it running, is the endpoint right, does it speak TLS as told?)",
        };
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 7001, EventName = "Connected", Level = LogLevel.Information, Message = "{Redis}: connected")]
        public static partial void Connected(ILogger logger, RedisOptions redis);

        [LoggerMessage(EventId = 7002, EventName = "Away", Level = LogLevel.Warning, Message = "{Problem}; {Consequence}")]
        public static partial void Away(ILogger logger, string problem, string consequence);

        [LoggerMessage(EventId = 7003, EventName = "Dropped", Level = LogLevel.Warning, Message = "{Redis}: {Reason}; the connection is opened anew")]
        public static partial void Dropped(ILogger logger, RedisOptions redis, string reason);
    }
}
