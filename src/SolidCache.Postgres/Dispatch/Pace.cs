namespace SolidCache.Postgres.Dispatch;

/// <summary>
/// When another batch leaves for a distant server, although others are under way: at once while lanes are plenty. The fewer are left, and the more calls travel in
/// each, the more evenly: as far apart as makes one come back when the last has left, so that no call waits for longer than that. Where batches take longer than they
/// need to, processors are what they wait for, and fewer and larger ones leave. Guarded by the lanes' lock.
/// </summary>
/// <param name="clock">Of the departures.</param>
/// <param name="leastApart">What a batch costs all who take part in it, whatever its size: more often would be more than a processor's work.</param>
internal sealed class Pace(CallClock clock, TimeSpan leastApart)
{
    private const int Batches = 16;
    private const int BatchesRemembered = 128;
    private const double ManyRows = 5;

    /// <summary>How much longer than the quickest a batch takes that waits for nothing.</summary>
    private const double Usual = 1.25;

    private readonly TimeSpan[] _took = new TimeSpan[Batches];
    private TimeSpan _quickestBefore = TimeSpan.MaxValue;
    private TimeSpan _quickest = TimeSpan.MaxValue;
    private TimeSpan _usual;
    private double _strain = 1;
    private long _ended;
    private long _lastDeparture;
    private double _rows = 1;

    /// <summary>A batch has left.</summary>
    public void Left(long now, int rows)
    {
        _lastDeparture = now;
        _rows += (rows - _rows) / 8;
    }

    /// <summary>A batch has come back.</summary>
    public void CameBack(TimeSpan took)
    {
        if (_ended % BatchesRemembered == 0)
        {
            (_quickestBefore, _quickest) = (_quickest, TimeSpan.MaxValue);
        }

        _quickest = took < _quickest ? took : _quickest;
        _took[_ended++ % Batches] = took;
        Span<TimeSpan> sorted = stackalloc TimeSpan[Batches];
        _took.CopyTo(sorted);
        sorted.Sort();
        _usual = sorted[Batches / 2];
        _strain = Math.Max(1, _usual / (_quickest < _quickestBefore ? _quickest : _quickestBefore) / Usual);
    }

    /// <param name="now">A timestamp.</param>
    /// <param name="busy">Lanes that are under way.</param>
    /// <param name="lanes">How many there may be.</param>
    public bool IsDue(long now, int busy, int lanes)
    {
        var evenly = TimeSpan.FromTicks(Math.Max(_usual.Ticks / lanes, leastApart.Ticks)) * _strain;
        var scarcity = Math.Max((2.0 * busy / lanes) - 1, Math.Max((_rows - 1) / (ManyRows - 1), _strain - 1));
        return clock.Between(_lastDeparture, now) >= evenly * Math.Clamp(scarcity, 0, 1);
    }
}
