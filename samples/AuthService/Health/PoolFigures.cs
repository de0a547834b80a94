using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace AuthService.Health;

/// <summary>What Npgsql's own metrics tell about the pool of the service's connections.</summary>
internal sealed class PoolFigures : IDisposable
{
    private const string PoolTag = "db.client.connection.pool.name";
    private const string StateTag = "db.client.connection.state";
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<string, long> _figures = new(StringComparer.Ordinal);
    private readonly string _pool;

    /// <param name="pool">The name of the data source.</param>
    public PoolFigures(string pool)
    {
        _pool = pool;
        _listener.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument is { Meter.Name: "Npgsql", Name: "db.client.connection.count" or "db.client.connection.max" })
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Record(instrument.Name, value, tags));
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Record(instrument.Name, value, tags));
        _listener.Start();
    }

    /// <summary>How many connections the pool may hold, and how many of these nobody uses now, open or not yet opened.</summary>
    public (long Size, long Free) Read()
    {
        lock (_listener)
        {
            _figures.Clear();
            _listener.RecordObservableInstruments();
            var size = _figures.GetValueOrDefault("max");
            return (size, size - _figures.GetValueOrDefault("used"));
        }
    }

    public void Dispose() => _listener.Dispose();

    private void Record(string instrument, long value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var (pool, state) = ("", "max");
        foreach (var (name, tag) in tags)
        {
            pool = name == PoolTag ? tag as string : pool;
            state = name == StateTag ? tag as string : state;
        }

        if (pool == _pool)
        {
            _figures[instrument.EndsWith("max", StringComparison.Ordinal) ? "max" : state ?? ""] = value;
        }
    }
}
