using System.Diagnostics.CodeAnalysis;

namespace SolidCache.Postgres.Dispatch;

/// <summary>
/// A few threads that take batches from one queue and block on the network. Nothing waits for a timer: what finds all of them asleep goes out at
/// once; what arrives while one is busy is the next batch.
/// </summary>
/// <remarks>
/// A batch costs the server about as much as eight rows do, whatever its size, so one lane with large batches beats two with small ones.
/// Another starts only when enough for a good batch waits already, or when those that work are slow: busy with a large value, or on a distant
/// server. A lane without work keeps its connection for a moment, under load the next call comes within microseconds, and its thread for a while.
/// </remarks>
/// <typeparam name="T">What a batch is made of.</typeparam>
/// <param name="name">Of the threads.</param>
/// <param name="queue">Filled before <see cref="Wake"/> is called.</param>
/// <param name="most">How many there may be.</param>
/// <param name="newExecutor">Makes one for each lane.</param>
/// <param name="clock">Tells which lanes are slow, and which to give up.</param>
/// <param name="failed">Told of what a batch threw, which ends the batch and not the lane.</param>
internal sealed class Lanes<T>(string name, IBatchQueue<T> queue, int most, Func<IBatchExecutor<T>> newExecutor, CallClock clock, Action<Exception> failed) : IWatched
{
    /// <summary>A batch that has taken so long no longer keeps others from starting.</summary>
    private static readonly TimeSpan Slow = TimeSpan.FromMilliseconds(7);

    /// <summary>What a batch may take beyond the limit of its youngest call, whose caller has gone.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(150);

    private readonly object _gate = new();
    private readonly List<Lane<T>> _lanes = [];
    private readonly List<Lane<T>> _asleep = [];
    private int _givenUp;
    private bool _isEnding;

    /// <summary>Tells that the queue holds something new.</summary>
    public void Wake()
    {
        Lane<T>? lane;
        lock (_gate)
        {
            // A busy lane asks the queue again before it sleeps, under this lock.
            lane = queue.KeepsAnotherLaneBusy || NobodyGetsOn() ? Another() : null;
        }

        Go(lane);
    }

    /// <summary>Lets another lane take what waits for slow ones, and the place of those that hang.</summary>
    public bool Look()
    {
        var waits = queue.Look();
        List<Lane<T>> hanging;
        Lane<T>? helper;
        bool isBusy;
        lock (_gate)
        {
            hanging = _lanes.FindAll(lane => lane.BusySince is { } since && clock.Since(since) > clock.Limit + Grace);
            hanging = hanging[..Math.Min(hanging.Count, most - _givenUp)];
            hanging.ForEach(GiveUp);
            helper = !queue.IsEmpty && NobodyGetsOn() ? Another() : null;
            isBusy = _lanes.Exists(static lane => lane.BusySince is not null);
        }

        hanging.ForEach(static lane => lane.GiveUp());
        Go(helper);
        return waits || isBusy;
    }

    /// <summary>Lets what waits finish, and gives the connections back. Blocks; nothing may come after.</summary>
    /// <returns>Whether all had ended in time.</returns>
    public bool End(TimeSpan within)
    {
        var began = clock.Now;
        lock (_gate)
        {
            _isEnding = true;
            _asleep.ForEach(static lane => lane.Call());
            while (_lanes.Count > 0 || !queue.IsEmpty)
            {
                var left = within - clock.Since(began);
                if (left <= TimeSpan.Zero)
                {
                    return false;
                }

                Monitor.Wait(_gate, left);
            }
        }

        return true;
    }

    private bool NobodyGetsOn(Lane<T>? but = null) => !_lanes.Exists(lane => lane != but && lane.BusySince is { } since && clock.Since(since) < Slow);

    /// <summary>
    /// A lane with a batch, if there are both. The caller takes the batch, so that what comes after belongs to the next. It is the last lane that fell asleep,
    /// since its connection is the warmest.
    /// </summary>
    private Lane<T>? Another()
    {
        var lane = _asleep.Count > 0 ? _asleep[^1] : _lanes.Count < most ? new Lane<T>(newExecutor(), failed) : null;
        if (lane is null || !lane.TakesBatch(queue, clock.Now))
        {
            return null;
        }

        if (!_asleep.Remove(lane))
        {
            _lanes.Add(lane);
        }

        return lane;
    }

    private void Go(Lane<T>? lane)
    {
        if (lane is not null && !lane.TryGo(name, () => Run(lane)))
        {
            Lose(lane);
        }
    }

    /// <summary>There is no thread for a lane: who is in its batch hears so, and so does all that waits where no other lane is there for it.</summary>
    private void Lose(Lane<T> lane)
    {
        lock (_gate)
        {
            do
            {
                lane.Fail(OwnThread.NoneLeft());
            }
            while (_lanes.Count == 1 && lane.TakesBatch(queue, clock.Now));

            Leave(lane);
        }
    }

    /// <summary>Whether a lane that has ended a batch should go on: one with large batches is better than two that share them.</summary>
    private bool IsNeeded(Lane<T> lane) => _isEnding || queue.KeepsAnotherLaneBusy || NobodyGetsOn(but: lane);

    private void GiveUp(Lane<T> lane)
    {
        lane.IsGivenUp = true;
        _lanes.Remove(lane);
        _givenUp++;
    }

    [SuppressMessage("Design", "CA1031", Justification = "A lane that is lost all the same is told of, and replaced by the next call.")]
    private void Run(Lane<T> lane)
    {
        try
        {
            while (TakesWork(lane))
            {
                var rows = lane.Batch.Count;
                lane.Execute();
                lock (_gate)
                {
                    // A slow batch has ended, and the next call need not wake another lane.
                    lane.BusySince = clock.Now;
                }

                lane.LetCallersGoFirst(queue, rows);
            }
        }
        catch (Exception error)
        {
            failed(error);
        }

        lane.Rest();
        Leave(lane);
    }

    private void Leave(Lane<T> lane)
    {
        lock (_gate)
        {
            _lanes.Remove(lane);
            _asleep.Remove(lane);
            _givenUp -= lane.IsGivenUp ? 1 : 0;
            if (_isEnding)
            {
                _asleep.ForEach(static other => other.Call());
            }

            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Takes the next batch, and sleeps until there is one.</summary>
    /// <returns>False when the thread is to end.</returns>
    private bool TakesWork(Lane<T> lane)
    {
        while (true)
        {
            lock (_gate)
            {
                // It may have woken up by itself, or for a call that came late.
                _asleep.Remove(lane);
                if (lane.IsGivenUp)
                {
                    return false;
                }

                if (lane.Batch.Count > 0 || (IsNeeded(lane) && lane.TakesBatch(queue, clock.Now)))
                {
                    return true;
                }

                if (_isEnding && queue.IsEmpty)
                {
                    return false;
                }

                lane.BusySince = null;
                _asleep.Add(lane);
            }

            if (!Sleep(lane))
            {
                return false;
            }
        }
    }

    /// <returns>False when nobody has called for so long that the thread is to end.</returns>
    private bool Sleep(Lane<T> lane)
    {
        if (lane.Sleep())
        {
            return true;
        }

        lock (_gate)
        {
            // Who has called it at the last moment has taken it from those asleep.
            return !_asleep.Remove(lane) || !_lanes.Remove(lane);
        }
    }
}
