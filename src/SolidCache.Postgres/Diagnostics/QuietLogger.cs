using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;

namespace SolidCache.Postgres.Diagnostics;

/// <summary>A logger whose providers are the application's, and cannot fail a call or a batch by what they throw.</summary>
internal sealed class QuietLogger(ILogger logger) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull =>
        logger.BeginScope(state);

    [SuppressMessage("Design", "CA1031", Justification = "Nothing that a provider throws is a call's error.")]
    public bool IsEnabled(LogLevel logLevel)
    {
        try
        {
            return logger.IsEnabled(logLevel);
        }
        catch (Exception)
        {
            return false;
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "Nothing that a provider throws is a call's error.")]
    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        try
        {
            logger.Log(logLevel, eventId, state, exception, formatter);
        }
        catch (Exception)
        {
            // The message is lost.
        }
    }
}
