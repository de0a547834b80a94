using System.Collections;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace SolidCache.Postgres.IntegrationTests.Hostile;

/// <summary>Hears all that the library says to anybody: logs with their state, exceptions with their data, measurements and spans with their tags.</summary>
internal sealed class Eavesdropper : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<string> _heard = new();
    private readonly MeterListener _measurements = new();
    private readonly ActivityListener _spans;

    public Eavesdropper()
    {
        _measurements.SetMeasurementEventCallback<long>((instrument, _, tags, _) => Hear(instrument, tags));
        _measurements.SetMeasurementEventCallback<int>((instrument, _, tags, _) => Hear(instrument, tags));
        _measurements.SetMeasurementEventCallback<double>((instrument, _, tags, _) => Hear(instrument, tags));
        _spans = new ActivityListener
        {
            ShouldListenTo = source => source.Name == SolidCacheTelemetry.ActivitySourceName,
            Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = span => Hear($"{span.OperationName} {span.DisplayName} {span.StatusDescription} {Tags(span.TagObjects)} {string.Join(' ', span.Events.Select(one => $"{one.Name} {Tags(one.Tags)}"))}"),
        };
        ActivitySource.AddActivityListener(_spans);
    }

    public string Heard => string.Join('\n', _heard);

    public void Hear(string text) => _heard.Enqueue(text);

    /// <summary>With everything behind it, and what a structured log would take from its data.</summary>
    public void Hear(Exception? error)
    {
        for (; error is not null; error = error.InnerException)
        {
            Hear($"{error} {error.Message} {string.Join(' ', error.Data.Cast<DictionaryEntry>().Select(entry => $"{entry.Key}={entry.Value}"))}");
        }
    }

    /// <summary>To one host's measurements and the driver's: those of another test's cache would have it ask the server.</summary>
    public void Listen(IMeterFactory meters)
    {
        _measurements.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Scope == meters || instrument.Meter.Name == "Npgsql")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _measurements.Start();
    }

    public void Measure() => _measurements.RecordObservableInstruments();

    public ILogger CreateLogger(string categoryName) => this;

    public bool IsEnabled(LogLevel logLevel) => true;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull
    {
        Hear($"{state}");
        return null;
    }

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        Hear($"{eventId} {formatter(state, exception)} {(state is IEnumerable<KeyValuePair<string, object?>> holes ? Tags(holes) : "")}");
        Hear(exception);
    }

    public void Dispose()
    {
        _measurements.Dispose();
        _spans.Dispose();
    }

    private void Hear(Instrument instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags) => Hear($"{instrument.Name} {Tags(tags.ToArray())}");

    private static string Tags(IEnumerable<KeyValuePair<string, object?>> tags) => string.Join(' ', tags.Select(tag => $"{tag.Key}={tag.Value}"));
}
