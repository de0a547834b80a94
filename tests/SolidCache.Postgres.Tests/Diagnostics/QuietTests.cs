using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using SolidCache.Postgres.Diagnostics;

namespace SolidCache.Postgres.Tests.Diagnostics;

/// <summary>Listeners and providers of the application's that throw.</summary>
public sealed class QuietTests
{
    private readonly Meter _meter = new("quiet");
    private readonly MeterListener _listener = new();
    private readonly List<double> _heard = [];

    [TearDown]
    public void End()
    {
        _listener.Dispose();
        _meter.Dispose();
    }

    [Test]
    public void What_a_listener_throws_does_not_reach_the_call()
    {
        var counter = new QuietCounter(_meter.CreateCounter<long>("counter"));
        var histogram = new QuietHistogram<double>(_meter.CreateHistogram<double>("histogram"));
        Listen(throws: true);

        Assert.That(() => counter.Add(1, new KeyValuePair<string, object?>("tag", 1)), Throws.Nothing);
        Assert.That(() => histogram.Record(2, new KeyValuePair<string, object?>("tag", 1)), Throws.Nothing);
        Assert.That(_heard, Is.EqualTo((double[])[1, 2]));
    }

    [Test]
    public void An_instrument_is_enabled_while_somebody_listens()
    {
        var counter = new QuietCounter(_meter.CreateCounter<long>("counter"));
        var histogram = new QuietHistogram<double>(_meter.CreateHistogram<double>("histogram"));
        Assert.That((counter.Enabled, histogram.Enabled), Is.EqualTo((false, false)));

        Listen(throws: false);

        Assert.That((counter.Enabled, histogram.Enabled), Is.EqualTo((true, true)));
    }

    [Test]
    public void What_a_provider_throws_does_not_reach_the_call()
    {
        var logger = new QuietLogger(new ThrowingLogger());

        Assert.That(() => logger.Log(LogLevel.Error, default, "state", new IOException(), static (state, _) => state), Throws.Nothing);
        Assert.That(logger.IsEnabled(LogLevel.Error), Is.False);
    }

    [Test]
    public void A_message_reaches_its_provider()
    {
        var collector = new FakeLogCollector();
        var logger = new QuietLogger(new FakeLogger(collector));

        logger.Log(LogLevel.Warning, new EventId(7), "state", new IOException(), static (state, _) => "of a " + state);

        Assert.That((collector.LatestRecord.Message, collector.LatestRecord.Id.Id, logger.IsEnabled(LogLevel.Warning)), Is.EqualTo(("of a state", 7, true)));
    }

    private void Listen(bool throws)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter == _meter)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, value, _, _) => Hear(value, throws));
        _listener.SetMeasurementEventCallback<double>((_, value, _, _) => Hear(value, throws));
        _listener.Start();
    }

    private void Hear(double value, bool throws)
    {
        _heard.Add(value);
        if (throws)
        {
            throw new InvalidOperationException("A listener.");
        }
    }

    private sealed class ThrowingLogger : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => throw new InvalidOperationException("A provider.");

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            throw new InvalidOperationException("A provider.");
    }
}
