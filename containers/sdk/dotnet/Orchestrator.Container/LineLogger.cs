using Microsoft.Extensions.Logging;

namespace Orchestrator.Container;

/// <summary>One line per entry to a writer (standard error), with the exception after it. No queue and no formatting options: containers log little.</summary>
internal sealed class LineLoggerProvider(TextWriter writer) : ILoggerProvider
{
    public ILogger CreateLogger(string categoryName) => new LineLogger(writer);

    public void Dispose()
    {
        // The writer is the process's.
    }

    private sealed class LineLogger(TextWriter writer) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!IsEnabled(logLevel))
            {
                return;
            }

            var level = logLevel switch
            {
                LogLevel.Information => "info",
                LogLevel.Warning => "warning",
                _ => "error",
            };
            var text = exception is null ? "" : $"\n{exception}";
            // Console.Error is synchronized, so lines of several threads do not mix.
            writer.WriteLine($"{level}: {formatter(state, exception)}{text}");
        }
    }
}
