using System.Diagnostics.Metrics;
using SolidCache.Postgres;

namespace AuthService.Administration;

/// <summary>
/// What the cache of this instance did of late, from its own metrics: a point for each of the last 120 seconds, and the last sweeps.
/// Nothing is asked of the database for it.
/// </summary>
internal sealed class CacheActivity : BackgroundService
{
    public const int Seconds = 120;
    private const int MostSweeps = 10;
    private readonly Lock _gate = new();
    private readonly MeterListener _listener = new();
    private readonly Queue<ActivityPoint> _points = new();
    private readonly Queue<SweepRecord> _sweeps = new();
    private readonly TimeProvider _time;
    private ActivityPoint _current = new(0, 0, 0, 0);
    private long _hits;
    private long _misses;
    private long _sweptRows;

    public CacheActivity(IMeterFactory meters, TimeProvider time)
    {
        _time = time;
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            // Other hosts of this process have meters of the same name.
            if (instrument.Meter.Name == SolidCacheTelemetry.MeterName && instrument.Meter.Scope == meters && !instrument.IsObservable)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => Count(instrument.Name, value));
        _listener.SetMeasurementEventCallback<double>((instrument, value, _, _) => Time(instrument.Name, value));
        _listener.Start();
    }

    /// <summary>The points, oldest first; the share of hits since the start, or null before the first read; the sweeps, latest first.</summary>
    public (ActivityPoint[] Points, double? HitRatio, SweepRecord[] Sweeps) Read()
    {
        lock (_gate)
        {
            return ([.. _points], _hits + _misses == 0 ? null : (double)_hits / (_hits + _misses), [.. _sweeps.Reverse()]);
        }
    }

    public override void Dispose()
    {
        _listener.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var second = new PeriodicTimer(TimeSpan.FromSeconds(1), _time);
        while (await second.WaitForNextTickAsync(stoppingToken))
        {
            lock (_gate)
            {
                _points.Enqueue(_current);
                _current = new(0, 0, 0, 0);
                if (_points.Count > Seconds)
                {
                    _points.Dequeue();
                }
            }
        }
    }

    private void Count(string instrument, long value)
    {
        lock (_gate)
        {
            switch (instrument)
            {
                case "solid_cache.hits":
                    _hits += value;
                    _current = _current with { Hits = _current.Hits + value };
                    break;
                case "solid_cache.misses":
                    _misses += value;
                    _current = _current with { Misses = _current.Misses + value };
                    break;
                case "solid_cache.sets" or "solid_cache.removes":
                    _current = _current with { Writes = _current.Writes + value };
                    break;
                case "solid_cache.errors":
                    _current = _current with { Errors = _current.Errors + value };
                    break;
                case "solid_cache.swept_rows":
                    _sweptRows = value;
                    break;
            }
        }
    }

    /// <summary>The duration of a sweep follows its number of rows.</summary>
    private void Time(string instrument, double seconds)
    {
        if (instrument != "solid_cache.sweep.duration")
        {
            return;
        }

        lock (_gate)
        {
            _sweeps.Enqueue(new SweepRecord(_time.GetUtcNow(), _sweptRows, Math.Round(seconds * 1_000, 1)));
            if (_sweeps.Count > MostSweeps)
            {
                _sweeps.Dequeue();
            }
        }
    }
}
