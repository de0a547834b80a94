using System.Diagnostics.CodeAnalysis;

namespace SolidCache.Postgres.Dispatch;

/// <summary>
/// A few threads that take batches from one queue and block on the network. Nothing waits for a timer: what finds all of them asleep goes out at
/// once; what arrives while one is busy is the next batch.
/// </summary>
/// <remarks>
/// A batch costs the server about as much as eight rows do, whatever its size, so one lane with large batches beats two with small ones.
/// Another starts only when enough for a good batch waits already, or when those that work are slow, busy with a large value. Those that are on their way to a distant
/// server cost nobody anything meanwhile, and others leave too (<see cref="LaneSet{T}"/>). A lane without work keeps its connection for a moment, under load the next
/// call comes within microseconds, and its thread for a while.
/// </remarks>
/// <typeparam name="T">What a batch is made of.</typeparam>
/// <param name="name">Of the threads.</param>
/// <param name="queue">Filled before <see cref="Wake"/> is called.</param>
/// <param name="most">How many there may be, but for spare ones.</param>
/// <param name="distance">Of the server; it has the spare ones.</param>
/// <param name="newExecutor">Makes one for each lane.</param>
/// <param name="clock">Tells which lanes are slow, and which to give up.</param>
/// <param name="failed">Told of what a batch threw, which ends the batch and not the lane.</param>
internal sealed class Lanes<T>(
    string name, IBatchQueue<T> queue, int most, Distance distance, Func<IBatchExecutor<T>> newExecutor, CallClock clock, Action<Exception> failed) : IWatched
{
    private readonly object _gate = new();
    private readonly LaneSet<T> _lanes = new(queue, most, distance, isSpare => new Lane<T>(newExecutor(), failed, isSpare), clock);
    private bool _isEnding;

    /// <summary>Tells that the queue holds something new.</summary>
    public void Wake()
    {
        Lane<T>? lane;
        lock (_gate)
        {
            // A busy lane asks the queue again before it sleeps, under this lock.
            lane = _lanes.ShouldAnotherLeave() ? _lanes.Another() : null;
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
            hanging = _lanes.GiveUpHanging();
            // Who has woken nobody, since a lane was about to take the next batch, may have been left behind by it.
            helper = !queue.IsEmpty && _lanes.ShouldAnotherLeave() ? _lanes.Another() : null;
            isBusy = _lanes.IsAnyBusy;
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
            _lanes.CallThoseAsleep();
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

    [SuppressMessage("Design", "CA1031", Justification = "A lane that is lost all the same is told of, and replaced by the next call.")]
    private void Run(Lane<T> lane)
    {
        try
        {
            while (TakesWork(lane))
            {
                var (rows, left) = (lane.Batch.Count, clock.Now);
                lane.Execute();
                var took = clock.Since(left);
                distance.Saw(took, rows);
                lock (_gate)
                {
                    _lanes.ComesBack(lane, took);
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
            if (_isEnding)
            {
                _lanes.CallThoseAsleep();
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
                _lanes.WakesUp(lane);
                if (lane.IsGivenUp)
                {
                    return false;
                }

                if (lane.Batch.Count > 0 || ((_isEnding || _lanes.ShouldAnotherLeave(but: lane)) && lane.TakesBatch(queue, clock.Now)))
                {
                    lane.Begins(clock.Now);
                    return true;
                }

                if (_isEnding && queue.IsEmpty)
                {
                    return false;
                }

                _lanes.FallsAsleep(lane);
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
            return !_lanes.TryEnd(lane);
        }
    }
}
