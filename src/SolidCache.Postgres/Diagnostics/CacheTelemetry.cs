using System.Data.Common;
using System.Diagnostics.Metrics;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Diagnostics;

/// <summary>What one cache tells the instruments. Its tags are few and known beforehand: never a key, a value or a connection string.</summary>
internal sealed class CacheTelemetry : IDisposable
{
    private const string OperationTag = "solid_cache.operation";
    private const string ErrorTag = "error.type";

    private readonly CacheInstruments _instruments;
    private readonly TimeProvider _time;
    private readonly bool _isTraced;
    private readonly KeyValuePair<string, object?> _name;
    private readonly KeyValuePair<string, object?> _reads = new("solid_cache.batch.kind", "read");
    private readonly KeyValuePair<string, object?> _writes = new("solid_cache.batch.kind", "write");

    /// <param name="instruments">Shared with the other caches of the container.</param>
    /// <param name="name">The service key of the cache; empty for the unkeyed one.</param>
    /// <param name="time">Measures durations.</param>
    /// <param name="isTraced">Whether calls are spans.</param>
    public CacheTelemetry(CacheInstruments instruments, string name, TimeProvider time, bool isTraced = true)
    {
        (_instruments, _time, _isTraced) = (instruments, time, isTraced);
        Name = name.Length == 0 ? "default" : name;
        _name = new("solid_cache.name", Name);
        instruments.Add(this);
    }

    public string Name { get; }

    public bool IsObserved => _instruments.AreObserved || (_isTraced && CacheInstruments.IsTraced);

    /// <summary>Tells how many reads and how many writes wait.</summary>
    public Func<(int Reads, int Writes)> Waiting { private get; set; } = static () => default;

    /// <summary>Tells the states of the breakers of reads and of writes, as the gauge numbers them.</summary>
    public Func<(int Reads, int Writes)> Breakers { private get; set; } = static () => default;

    /// <summary>Tells how long ago the log of changes was read; null where it is not.</summary>
    public Func<TimeSpan?> LogAge { private get; set; } = static () => null;

    public TableFigures? Figures { private get; set; }

    public ObservedCall Begin(CacheOperation operation) =>
        new(this, operation, _time.GetTimestamp(), _isTraced ? CacheInstruments.StartActivity(operation) : null);

    public void Read(bool hit) => (hit ? _instruments.Hits : _instruments.Misses).Add(1, _name);

    /// <summary>Asks first whether anybody counts: a hit in memory costs little more than to hand a tag on.</summary>
    public void Remembered(bool hit)
    {
        if ((hit ? _instruments.MemoryHits : _instruments.MemoryMisses) is { Enabled: true } counter)
        {
            counter.Add(1, _name);
        }
    }

    public void Set(bool stored)
    {
        if (stored)
        {
            _instruments.Sets.Add(1, _name);
        }
    }

    public void Leased(LeaseState state) => _instruments.Leases.Add(1, _name, new("solid_cache.lease.state", state switch
    {
        LeaseState.Granted => "granted",
        LeaseState.Held => "held",
        LeaseState.Live => "live",
        _ => "unavailable",
    }));

    public void Removed(long rows) => _instruments.Removes.Add(rows, _name);

    public void Touched(int rows)
    {
        if (rows > 0)
        {
            _instruments.Touches.Add(rows, _name);
        }
    }

    public void Failed() => _instruments.Failures.Add(1, _name);

    public void ReadRetried() => _instruments.Retries.Add(1, _name, _reads);

    public void WriteRetried() => _instruments.Retries.Add(1, _name, _writes);

    public void Degraded(string operation, Exception error) =>
        _instruments.Degraded.Add(1, _name, new(OperationTag, operation), new(ErrorTag, TypeOf(error)));

    public void ReadBatch(int calls) => _instruments.BatchSize.Record(calls, _name, _reads);

    public void WriteBatch(int rows) => _instruments.BatchSize.Record(rows, _name, _writes);

    public void Swept(long rows, long began)
    {
        _instruments.SweptRows.Add(rows, _name);
        _instruments.SweepDuration.Record(_time.GetElapsedTime(began).TotalSeconds, _name);
    }

    public void Invalidated(int names) => _instruments.Invalidations.Add(names, _name);

    public void Looked(TimeSpan? lag)
    {
        _instruments.Looks.Add(1, _name);
        if (lag is { } behind)
        {
            _instruments.InvalidationLag.Record(behind.TotalSeconds, _name);
        }
    }

    public void MemoryDropped() => _instruments.MemoryDrops.Add(1, _name);

    public void ListenerLost() => _instruments.ListenerLosses.Add(1, _name);

    public void Ended(CacheOperation operation, long began, Exception? error)
    {
        if (error is not null and not OperationCanceledException)
        {
            _instruments.Errors.Add(1, _name, new(OperationTag, operation.Name), new(ErrorTag, TypeOf(error)));
        }

        if (!_instruments.Duration.Enabled)
        {
            return;
        }

        var elapsed = _time.GetElapsedTime(began).TotalSeconds;
        if (error is null)
        {
            _instruments.Duration.Record(elapsed, _name, new(OperationTag, operation.Name));
        }
        else
        {
            _instruments.Duration.Record(elapsed, _name, new(OperationTag, operation.Name), new(ErrorTag, TypeOf(error)));
        }
    }

    /// <summary>The SQLSTATE where the server named one, else the exception's type.</summary>
    public static string TypeOf(Exception error) =>
        (error as DbException)?.SqlState ?? (error.InnerException as DbException)?.SqlState ?? error.GetType().FullName!;

    public IEnumerable<Measurement<int>> QueueDepths()
    {
        var (reads, writes) = Waiting();
        return [new(reads, _name, _reads), new(writes, _name, _writes)];
    }

    public IEnumerable<Measurement<int>> BreakerStates()
    {
        var (reads, writes) = Breakers();
        return [new(reads, _name, _reads), new(writes, _name, _writes)];
    }

    public IEnumerable<Measurement<double>> InvalidationAge() => LogAge() is { } age ? [new(age.TotalSeconds, _name)] : [];

    public IEnumerable<Measurement<long>> TableFigure(Func<SolidCacheStatistics, long?> figure) =>
        Figures?.Latest() is { } statistics && figure(statistics) is { } value ? [new(value, _name)] : [];

    public void Dispose() => _instruments.Remove(this);
}
