using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Metrics;

namespace SolidCache.Postgres.Diagnostics;

/// <summary>The meter, its instruments and the source of activities: one set for all caches of a container, which their tags tell apart.</summary>
internal sealed class CacheInstruments : IDisposable
{
    private static readonly ActivitySource Source = new(SolidCacheTelemetry.ActivitySourceName);
    private static readonly double[] Seconds = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
    private static readonly double[] SweepSeconds = [0.01, 0.1, 1, 10, 60, 300, 1_800];
    private static readonly int[] Rows = [1, 2, 4, 8, 16, 32, 64, 128];

    private readonly Meter? _own;
    private readonly Lock _gate = new();
    private CacheTelemetry[] _caches = [];

    /// <param name="meters">Owns the meter; without one it is this object's.</param>
    public CacheInstruments(IMeterFactory? meters)
        : this(meters?.Create(SolidCacheTelemetry.MeterName) ?? new Meter(SolidCacheTelemetry.MeterName), isOwn: meters is null)
    {
    }

    private CacheInstruments(Meter meter, bool isOwn)
    {
        _own = isOwn ? meter : null;
        Hits = new(meter.CreateCounter<long>("solid_cache.hits", "{hit}", "Reads that found a live entry."));
        Misses = new(meter.CreateCounter<long>("solid_cache.misses", "{miss}", "Reads that found none."));
        MemoryHits = new(meter.CreateCounter<long>("solid_cache.memory.hits", "{hit}", "Calls of the HybridCache that the memory of the process answered."));
        MemoryMisses = new(meter.CreateCounter<long>("solid_cache.memory.misses", "{miss}", "Calls of the HybridCache that the memory of the process did not answer."));
        Sets = new(meter.CreateCounter<long>("solid_cache.sets", "{set}", "Entries that were set."));
        Removes = new(meter.CreateCounter<long>("solid_cache.removes", "{remove}", "Removals by key, and rows removed by prefix or pattern."));
        Leases = new(meter.CreateCounter<long>("solid_cache.leases", "{lease}", "Misses that asked to make the value: granted, held by another, there by now, or not to be had."));
        Touches = new(meter.CreateCounter<long>("solid_cache.touches", "{touch}", "Sliding expirations that were due and written."));
        Errors = new(meter.CreateCounter<long>("solid_cache.errors", "{error}", "Calls that failed; cancellations are not counted."));
        Duration = new(meter.CreateHistogram<double>("solid_cache.operation.duration", "s", "How long callers waited.", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = Seconds }));
        BatchSize = new(meter.CreateHistogram<int>("solid_cache.batch.size", "{row}", "Calls or rows that travelled together.", advice: new InstrumentAdvice<int> { HistogramBucketBoundaries = Rows }));
        Retries = new(meter.CreateCounter<long>("solid_cache.retries", "{retry}", "Batches and calls that were sent once more."));
        Failures = new(meter.CreateCounter<long>("solid_cache.failures", "{failure}", "What a lane or the watch met that it should not have, and survived."));
        Degraded = new(meter.CreateCounter<long>("solid_cache.degraded", "{call}", "Calls that met an outage and ended as a miss, or without having stored anything."));
        SweptRows = new(meter.CreateCounter<long>("solid_cache.swept_rows", "{row}", "Expired entries that sweeps deleted."));
        SweepDuration = new(meter.CreateHistogram<double>("solid_cache.sweep.duration", "s", "How long a sweep took.", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = SweepSeconds }));

        Invalidations = new(meter.CreateCounter<long>("solid_cache.invalidations", "{name}", "Keys and tags that this node was told are gone or replaced."));
        InvalidationLag = new(meter.CreateHistogram<double>("solid_cache.invalidation.lag", "s", "From the write of a change to the look at the log that found it.", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = Seconds }));
        Looks = new(meter.CreateCounter<long>("solid_cache.invalidation.looks", "{look}", "Looks at the log of changes."));
        MemoryDrops = new(meter.CreateCounter<long>("solid_cache.invalidation.drops", "{drop}", "How often all that was remembered was dropped, since what had changed was not known."));
        ListenerLosses = new(meter.CreateCounter<long>("solid_cache.invalidation.listener_losses", "{loss}", "How often the connection was lost on which changes are heard."));
        meter.CreateObservableGauge("solid_cache.invalidation.age", () => _caches.SelectMany(static cache => cache.InvalidationAge()), "s", "Since the last look at the log that succeeded.");

        meter.CreateObservableGauge("solid_cache.queue.depth", () => _caches.SelectMany(static cache => cache.QueueDepths()), "{call}", "Calls that wait to be sent.");
        meter.CreateObservableGauge(
            "solid_cache.breaker.state", () => _caches.SelectMany(static cache => cache.BreakerStates()), "{state}", "0: calls pass; 1: one at a time tries; 2: calls are refused.");
        Gauge(meter, "solid_cache.entries", "{entry}", "Rows of the table, expired ones included.", static statistics => statistics.TotalEntries);
        Gauge(meter, "solid_cache.expired_entries", "{entry}", "Rows that have expired and were not swept yet.", static statistics => statistics.ExpiredEntries);
        Gauge(
            meter, "solid_cache.overdue_entries", "{entry}", "Rows that expired longer than a sweep interval ago and were not swept yet.", static statistics => statistics.OverdueEntries);
        Gauge(
            meter, "solid_cache.last_sweep.age", "s", "How long ago the last sweep of the table finished, on whichever node.", static statistics => (long?)statistics.TimeSinceLastSweep?.TotalSeconds);
        Gauge(meter, "solid_cache.size", "By", "The table with its index and its large values, on disk.", static statistics => statistics.TotalSizeBytes);
        Gauge(meter, "solid_cache.live_size", "By", "Keys and values of live entries.", static statistics => statistics.LiveBytes);
    }

    /// <summary>Those of caches that report nothing: of a meter that has ended, no instrument is ever listened to.</summary>
    public static CacheInstruments Silent { get; } = new(EndedMeter(), isOwn: false);

    /// <summary>Gets a value indicating whether anybody wants spans.</summary>
    public static bool IsTraced => Source.HasListeners();

    public QuietCounter Hits { get; }

    public QuietCounter Misses { get; }

    public QuietCounter MemoryHits { get; }

    public QuietCounter MemoryMisses { get; }

    public QuietCounter Sets { get; }

    public QuietCounter Removes { get; }

    public QuietCounter Leases { get; }

    public QuietCounter Touches { get; }

    public QuietCounter Errors { get; }

    public QuietHistogram<double> Duration { get; }

    public QuietHistogram<int> BatchSize { get; }

    public QuietCounter Retries { get; }

    public QuietCounter Failures { get; }

    public QuietCounter Degraded { get; }

    public QuietCounter SweptRows { get; }

    public QuietHistogram<double> SweepDuration { get; }

    public QuietCounter Invalidations { get; }

    public QuietHistogram<double> InvalidationLag { get; }

    public QuietCounter Looks { get; }

    public QuietCounter MemoryDrops { get; }

    public QuietCounter ListenerLosses { get; }

    /// <summary>Gets a value indicating whether anybody wants figures of calls.</summary>
    public bool AreObserved => Duration.Enabled || Hits.Enabled || Misses.Enabled || Sets.Enabled || Removes.Enabled || Errors.Enabled;

    [SuppressMessage("Design", "CA1031", Justification = "Nothing that a listener throws is a call's error.")]
    public static Activity? StartActivity(CacheOperation operation)
    {
        try
        {
            return Source.StartActivity(operation.SpanName, ActivityKind.Client);
        }
        catch (Exception)
        {
            return null;
        }
    }

    /// <summary>From now on the gauges report this cache too.</summary>
    public void Add(CacheTelemetry cache)
    {
        lock (_gate)
        {
            _caches = [.. _caches, cache];
        }
    }

    public void Remove(CacheTelemetry cache)
    {
        lock (_gate)
        {
            _caches = [.. _caches.Where(other => other != cache)];
        }
    }

    public void Dispose() => _own?.Dispose();

    private static Meter EndedMeter()
    {
        var meter = new Meter(SolidCacheTelemetry.MeterName);
        meter.Dispose();
        return meter;
    }

    private void Gauge(Meter meter, string name, string unit, string description, Func<SolidCacheStatistics, long?> figure) =>
        meter.CreateObservableGauge(name, () => _caches.SelectMany(cache => cache.TableFigure(figure)), unit, description);
}
