namespace SolidCache.Postgres.Dispatch;

/// <summary>The <see cref="Lanes{T}"/> that there are, which of them are under way, and when another should be. Guarded by their lock.</summary>
/// <typeparam name="T">What a batch is made of.</typeparam>
/// <param name="queue">What they take from.</param>
/// <param name="own">How many there may be, but for spare ones.</param>
/// <param name="spares">Which there may be besides, if the server is far.</param>
/// <param name="distance">Whether it is.</param>
/// <param name="newLane">Makes one.</param>
/// <param name="clock">Tells which are slow, and which hang.</param>
internal sealed class LaneSet<T>(IBatchQueue<T> queue, int own, SpareLanes spares, Distance distance, Func<Lane<T>> newLane, CallClock clock)
{
    /// <summary>A batch that has taken so long no longer keeps others from starting.</summary>
    private static readonly TimeSpan Slow = TimeSpan.FromMilliseconds(7);

    /// <summary>What a batch may take beyond the limit of its youngest call, whose caller has gone.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(150);

    private readonly List<Lane<T>> _lanes = [];
    private readonly List<Lane<T>> _asleep = [];
    private readonly LanePlaces<T> _places = new(own, spares, distance);
    private readonly Pace _pace = new(clock, queue.FixedCost);
    private int _givenUp;

    public int Count => _lanes.Count;

    public bool AnyIsBusy => Busy(but: null) > 0;

    /// <summary>Whether what waits should leave although lanes are under way, others than this.</summary>
    public bool ShouldAnotherLeave(Lane<T>? but = null) => (queue.KeepsAnotherLaneBusy && Busy(but) < own) || NeedsHelp(but);

    /// <summary>The same of what is not enough to keep another busy. One that is back takes it, and those callers with it whom it has just answered.</summary>
    public bool NeedsHelp(Lane<T>? but = null) => NobodyGetsOn(but) || (distance.IsFar && !AnyIsBack(but) && _pace.IsDue(clock.Now, Busy(but), _places.Most));

    /// <summary>
    /// A lane with a batch, if there are both. The caller takes the batch, so that what comes after belongs to the next. It is the last lane that fell asleep,
    /// since its connection is the warmest.
    /// </summary>
    public Lane<T>? Another()
    {
        var lane = _asleep.FindLast(_places.Suits) ?? (_places.AreLeft ? newLane() : null);
        if (lane is null || !TakesBatch(lane))
        {
            return null;
        }

        if (!_asleep.Remove(lane))
        {
            _lanes.Add(lane);
        }

        return lane;
    }

    public bool TakesBatch(Lane<T> lane)
    {
        var hadPlace = lane.Place != LanePlace.None;
        if (!_places.TryTake(lane))
        {
            return false;
        }

        if (!lane.TakesBatch(queue, clock.Now))
        {
            if (!hadPlace)
            {
                _places.Return(lane);
            }

            return false;
        }

        _pace.Left(clock.Now, lane.Batch.Count);
        return true;
    }

    /// <summary>A slow batch has ended, and the next call need not wake another lane.</summary>
    public void CameBack(Lane<T> lane, TimeSpan took)
    {
        (lane.BusySince, lane.IsBack) = (clock.Now, true);
        _pace.CameBack(took);
    }

    public void FallsAsleep(Lane<T> lane)
    {
        (lane.BusySince, lane.IsBack) = (null, false);
        _asleep.Add(lane);
    }

    /// <summary>It may do so by itself, or for a call that came late.</summary>
    public void WakesUp(Lane<T> lane) => _asleep.Remove(lane);

    /// <summary>It has given its connection back, and has not been called meanwhile.</summary>
    public void Rested(Lane<T> lane)
    {
        if (_asleep.Contains(lane))
        {
            _places.Return(lane);
        }
    }

    /// <returns>False when somebody has called it at the last moment.</returns>
    public bool TryEnd(Lane<T> lane) => _asleep.Remove(lane) && _lanes.Remove(lane);

    public void Remove(Lane<T> lane)
    {
        _places.Return(lane);
        _lanes.Remove(lane);
        _asleep.Remove(lane);
        _givenUp -= lane.IsGivenUp ? 1 : 0;
    }

    public void CallThoseAsleep() => _asleep.ForEach(static lane => lane.Call());

    /// <summary>Those that hang are no longer of them, but as many as there may be at a time.</summary>
    public List<Lane<T>> GiveUpHanging()
    {
        var hanging = _lanes.FindAll(lane => lane.BusySince is { } since && clock.Since(since) > clock.Limit + Grace);
        hanging = hanging[..Math.Clamp(Math.Max(own, _lanes.Count) - _givenUp, 0, hanging.Count)];
        foreach (var lane in hanging)
        {
            lane.IsGivenUp = true;
            _lanes.Remove(lane);
            _givenUp++;
            _places.GiveUp(lane);
        }

        return hanging;
    }

    private bool NobodyGetsOn(Lane<T>? but) => !_lanes.Exists(lane => lane != but && lane.BusySince is { } since && clock.Since(since) < Slow);

    private bool AnyIsBack(Lane<T>? but)
    {
        foreach (var lane in _lanes)
        {
            if (lane != but && lane.IsBack)
            {
                return true;
            }
        }

        return false;
    }

    private int Busy(Lane<T>? but)
    {
        var busy = 0;
        foreach (var lane in _lanes)
        {
            busy += lane != but && lane.BusySince is not null ? 1 : 0;
        }

        return busy;
    }
}
