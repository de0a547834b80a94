using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Microsoft.Extensions.Time.Testing;
using SolidCache.Postgres.Diagnostics;
using SolidCache.Postgres.Tests.Caching;

namespace SolidCache.Postgres.Tests.Diagnostics;

/// <summary>The gauges of the table: they never wait for the server.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class TableFiguresTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly SemaphoreSlim _server = new(0);
    private readonly SemaphoreSlim _read = new(0);
    private SolidCacheStatistics? _answer = new InMemoryEntryStore().Statistics with { TotalEntries = 42, TotalSizeBytes = 8_192 };
    private int _reads;

    [TearDown]
    public void TearDown()
    {
        _server.Dispose();
        _read.Dispose();
    }

    [Test]
    public async Task What_is_not_known_yet_is_not_reported_and_is_read_behind()
    {
        var figures = new TableFigures(AskServerAsync, _time);

        Assert.That(figures.Latest(), Is.Null, "The server has not answered, and nobody waited for it.");
        await AnswerAsync();
        await UntilAsync(() => figures.Latest()?.TotalEntries == 42);
    }

    [Test]
    public async Task Fresh_figures_are_not_read_again_and_old_ones_once()
    {
        var figures = new TableFigures(AskServerAsync, _time);
        figures.Learn(_answer);
        _time.Advance(TableFigures.Fresh);
        Assert.That(figures.Latest(), Is.Not.Null);
        Assert.That(_reads, Is.Zero);

        _time.Advance(TimeSpan.FromMilliseconds(1));
        _answer = _answer! with { TotalEntries = 43 };
        Assert.That(figures.Latest()!.TotalEntries, Is.EqualTo(42));
        Assert.That(figures.Latest()!.TotalEntries, Is.EqualTo(42));
        await AnswerAsync();
        await UntilAsync(() => figures.Latest()?.TotalEntries == 43);
        Assert.That(_reads, Is.EqualTo(1));
    }

    [Test]
    public async Task Figures_that_cannot_be_read_are_reported_as_none()
    {
        var figures = new TableFigures(AskServerAsync, _time);
        figures.Learn(_answer);
        _answer = null;
        _time.Advance(TableFigures.Fresh * 2);
        figures.Latest();
        await AnswerAsync();

        await UntilAsync(() => figures.Latest() is null);
    }

    [Test]
    public void The_gauges_report_every_cache_that_is_there_and_none_that_has_gone()
    {
        using var meters = Telemetry.NewMeters();
        using var instruments = new CacheInstruments(meters);
        using var entries = new MetricCollector<long>(meters, SolidCacheTelemetry.MeterName, "solid_cache.entries");
        using var depth = new MetricCollector<int>(meters, SolidCacheTelemetry.MeterName, "solid_cache.queue.depth");
        var figures = new TableFigures(AskServerAsync, _time);
        figures.Learn(_answer);
        using (new CacheTelemetry(instruments, "", _time) { Figures = figures, Waiting = static () => (3, 4) })
        using (new CacheTelemetry(instruments, "other", _time))
        {
            entries.RecordObservableInstruments();
            depth.RecordObservableInstruments();
            Assert.That(entries.GetMeasurementSnapshot().Select(one => (one.Value, one.Tags["solid_cache.name"])), Is.EqualTo(((long, object?)[])[(42, "default")]));
            Assert.That(
                depth.GetMeasurementSnapshot().Select(one => (one.Value, one.Tags["solid_cache.name"], one.Tags["solid_cache.batch.kind"])),
                Is.EqualTo(((int, object?, object?)[])[(3, "default", "read"), (4, "default", "write"), (0, "other", "read"), (0, "other", "write")]));
        }

        entries.Clear();
        entries.RecordObservableInstruments();
        Assert.That(entries.GetMeasurementSnapshot(), Is.Empty);
    }

    private async ValueTask<SolidCacheStatistics> AskServerAsync(CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _reads);
        await _server.WaitAsync(cancellationToken);
        _read.Release();
        return _answer ?? throw new TimeoutException();
    }

    private async Task AnswerAsync()
    {
        _server.Release();
        await _read.WaitAsync();
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        for (var attempt = 0; !condition(); attempt++)
        {
            Assert.That(attempt, Is.LessThan(3_000), "The figures did not come.");
            await Task.Delay(10);
        }
    }
}
