namespace SolidCache.Postgres.Dispatch;

/// <summary>The <see cref="Lanes{T}"/> that there are, which of them are under way, and when another should be. Guarded by their lock.</summary>
/// <typeparam name="T">What a batch is made of.</typeparam>
/// <param name="queue">What they take from.</param>
/// <param name="most">How many there may be, but for spare ones.</param>
/// <param name="distance">Of the server; it has the spare ones.</param>
/// <param name="newLane">Makes one, which may be spare.</param>
/// <param name="clock">Tells which are slow, and which hang.</param>
internal sealed class LaneSet<T>(IBatchQueue<T> queue, int most, Distance distance, Func<bool, Lane<T>> newLane, CallClock clock)
{
    /// <summary>A batch that has taken so long no longer keeps others from starting.</summary>
    private static readonly TimeSpan Slow = TimeSpan.FromMilliseconds(7);

    /// <summary>What a batch may take beyond the limit of its youngest call, whose caller has gone.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(150);

    private readonly List<Lane<T>> _lanes = [];
    private readonly List<Lane<T>> _asleep = [];
    private TimeSpan _usual;
    private int _givenUp;

    public int Count => _lanes.Count;

    public bool IsAnyBusy => _lanes.Exists(static lane => lane.BusySince is not null);

    /// <summary>Whether another should start, or one that has ended a batch go on: one with large batches is better than two that share them.</summary>
    /// <param name="but">The one that has ended a batch.</param>
    public bool ShouldAnotherLeave(Lane<T>? but = null) => queue.KeepsAnotherLaneBusy || NobodyGetsOn(but);

    /// <summary>
    /// A lane with a batch, if there are both. The caller takes the batch, so that what comes after belongs to the next. It is the last lane that fell asleep,
    /// since its connection is the warmest.
    /// </summary>
    public Lane<T>? Another()
    {
        if (_asleep.Count > 0)
        {
            return _asleep[^1] is var lane && lane.TakesBatch(queue, clock.Now) && _asleep.Remove(lane) ? lane : null;
        }

        var isSpare = _lanes.Count(static lane => !lane.IsSpare) >= most;
        if (isSpare && !distance.TryTakeSpare())
        {
            return null;
        }

        var another = newLane(isSpare);
        _lanes.Add(another);
        if (another.TakesBatch(queue, clock.Now))
        {
            return another;
        }

        Remove(another);
        return null;
    }

    /// <summary>It has answered its batch, however slow that was, and the next call need not wake another.</summary>
    public void ComesBack(Lane<T> lane, TimeSpan took)
    {
        lane.ComesBack(clock.Now);
        _usual += (took - _usual) / 16;
    }

    public void FallsAsleep(Lane<T> lane)
    {
        lane.BusySince = null;
        _asleep.Add(lane);
    }

    /// <summary>It may do so by itself, or for a call that came late.</summary>
    public void WakesUp(Lane<T> lane) => _asleep.Remove(lane);

    public void CallThoseAsleep() => _asleep.ForEach(static lane => lane.Call());

    /// <returns>False when somebody has called it at the last moment.</returns>
    public bool TryEnd(Lane<T> lane)
    {
        var isAsleep = _asleep.Contains(lane);
        if (isAsleep)
        {
            Remove(lane);
        }

        return isAsleep;
    }

    /// <summary>One that has ended already, as one asleep does, is not there any more.</summary>
    public void Remove(Lane<T> lane)
    {
        _asleep.Remove(lane);
        if (!_lanes.Remove(lane) && !lane.IsGivenUp)
        {
            return;
        }

        if (lane.IsSpare)
        {
            distance.ReturnSpare();
        }
        else if (lane.IsGivenUp)
        {
            _givenUp--;
        }
    }

    /// <summary>Others take the places of those that hang, as many as there may be at a time; spare ones keep theirs until they end.</summary>
    public List<Lane<T>> GiveUpHanging()
    {
        List<Lane<T>> given = [];
        foreach (var lane in _lanes.FindAll(lane => lane.ExecutesSince is { } since && clock.Since(since) > clock.Limit + Grace))
        {
            if (lane.IsSpare || _givenUp < most)
            {
                lane.IsGivenUp = true;
                _givenUp += lane.IsSpare ? 0 : 1;
                _lanes.Remove(lane);
                given.Add(lane);
            }
        }

        return given;
    }

    private bool NobodyGetsOn(Lane<T>? but)
    {
        var (patience, now) = (Patience(but), clock.Now);
        foreach (var lane in _lanes)
        {
            if (lane != but && lane.BusySince is { } since && (lane.IsBack || clock.Between(since, now) < patience))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>
    /// For how long after the last departure what waits keeps waiting. For a distant server the longer, the more lanes are away: until they leave as far apart as they come
    /// back. Where that takes longer than the network does, since processors are busy, fewer and larger batches leave.
    /// </summary>
    private TimeSpan Patience(Lane<T>? but)
    {
        if (!distance.IsFar)
        {
            return Slow;
        }

        var (lanes, away) = (most + distance.Spares, 0);
        foreach (var lane in _lanes)
        {
            away += lane != but && lane is { BusySince: not null, IsBack: false } ? 1 : 0;
        }

        return _usual * away / (lanes * lanes);
    }
}
