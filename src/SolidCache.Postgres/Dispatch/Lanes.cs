namespace SolidCache.Postgres.Dispatch;

/// <summary>
/// A few workers that take batches from one queue. Nothing waits for a timer: a call that finds all lanes idle goes out at once, on
/// the caller's own thread; what arrives while a lane is busy is the next batch.
/// </summary>
/// <remarks>
/// A batch costs the server about as much as eight rows do, whatever its size, so one lane with large batches beats two with small ones.
/// Another starts only when enough for a good batch waits already, or when those that work are slow: stuck behind a row that somebody else has
/// locked, busy with a large value, or on a distant server. A lane without work keeps its connection for a moment: under load the next
/// call comes within microseconds.
/// </remarks>
/// <typeparam name="T">What a batch is made of.</typeparam>
internal sealed class Lanes<T> : IAsyncDisposable
{
    /// <summary>Every so many looks it ends the calls that ran out of time.</summary>
    private const int LooksUntilExpiry = 10;

    /// <summary>The watch looks this often while there is something to watch; what it sees twice is slow, or idle.</summary>
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(5);

    private readonly Lock _gate = new();
    private readonly IBatchQueue<T> _queue;
    private readonly Lane<T>[] _lanes;
    private readonly ITimer _watch;
    private readonly int _looksOfPatience;
    private TaskCompletionSource? _allIdle;
    private bool _isWatching;
    private int _looks;

    /// <param name="queue">Filled before <see cref="Wake"/> is called.</param>
    /// <param name="executors">One for each lane.</param>
    /// <param name="patience">How long a batch may take.</param>
    /// <param name="time">Tells which lanes are slow.</param>
    public Lanes(IBatchQueue<T> queue, IEnumerable<IBatchExecutor<T>> executors, TimeSpan patience, TimeProvider time)
    {
        _looksOfPatience = (int)(patience / BetweenLooks);
        _queue = queue;
        _lanes = [.. executors.Select(executor => new Lane<T>(executor))];
        using (Detached())
        {
            _watch = time.CreateTimer(static lanes => ((Lanes<T>)lanes!).Look(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Tells that the queue holds something new.</summary>
    public void Wake()
    {
        Lane<T>? lane;
        lock (_gate)
        {
            // A busy lane asks the queue again before it comes to rest, under this lock.
            lane = NobodyGetsOn() || _queue.KeepsAnotherLaneBusy ? StartIdle() : null;
        }

        Run(lane);
    }

    /// <summary>Waits until nothing is under way any more.</summary>
    public Task WhenIdleAsync()
    {
        lock (_gate)
        {
            return AllIdle() ? Task.CompletedTask : (_allIdle ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    /// <summary>Waits for what is under way and gives the connections back. Nothing may come after.</summary>
    public async ValueTask DisposeAsync()
    {
        await WhenIdleAsync().ConfigureAwait(false);
        await _watch.DisposeAsync().ConfigureAwait(false);
        foreach (var lane in Array.FindAll(_lanes, static lane => lane.HoldsConnection))
        {
            await lane.Executor.RestAsync().ConfigureAwait(false);
        }
    }

    private static AsyncFlowControl? Detached() => ExecutionContext.IsFlowSuppressed() ? null : ExecutionContext.SuppressFlow();

    private bool AllIdle() => Array.TrueForAll(_lanes, static lane => lane.State == LaneState.Idle);

    private bool NobodyGetsOn() => !Array.Exists(_lanes, static lane => lane.State != LaneState.Idle && !lane.IsSlow);

    /// <summary>An idle lane with a batch, if there are both. The first in the row, since its connection is the warmest.</summary>
    private Lane<T>? StartIdle()
    {
        var lane = Array.Find(_lanes, static lane => lane.State == LaneState.Idle);
        if (lane is null || !TakeWork(lane))
        {
            return null;
        }

        if (!_isWatching)
        {
            _isWatching = true;
            _watch.Change(BetweenLooks, BetweenLooks);
        }

        return lane;
    }

    private bool TakeWork(Lane<T> lane)
    {
        _queue.Take(lane.Batch);
        if (lane.Batch.Count > 0)
        {
            lane.Become(LaneState.Busy);
            return true;
        }

        if (lane.State != LaneState.Idle)
        {
            lane.Become(LaneState.Idle);
        }

        return false;
    }

    private void Run(Lane<T>? lane)
    {
        if (lane is null)
        {
            return;
        }

        // The lane outlives the call that woke it: neither its activity nor its ambient values belong to those who come after.
        using (Detached())
        {
            _ = RunAsync(lane);
        }
    }

    private async Task RunAsync(Lane<T> lane)
    {
        do
        {
            await lane.Executor.ExecuteAsync(lane.Batch).ConfigureAwait(false);
            var alone = lane.Batch.Count == 1 && _queue.IsEmpty;
            lane.Batch.Clear();
            if (!alone)
            {
                // Those who have just been answered go first: most of them call again, and travel together then.
                await Task.Yield();
            }
        }
        while (GoesOn(lane));
    }

    private async Task RestAsync(Lane<T> lane)
    {
        await lane.Executor.RestAsync().ConfigureAwait(false);
        lane.HoldsConnection = false;
        if (GoesOn(lane))
        {
            await RunAsync(lane).ConfigureAwait(false);
        }
    }

    /// <summary>What came while the lane was not idle has woken no other, so it asks once more.</summary>
    private bool GoesOn(Lane<T> lane)
    {
        lock (_gate)
        {
            if (TakeWork(lane))
            {
                return true;
            }

            if (_allIdle is not null && AllIdle())
            {
                _allIdle.SetResult();
                _allIdle = null;
            }

            return false;
        }
    }

    /// <summary>Lets another lane take what waits for slow ones, and those rest that have been idle for a while.</summary>
    private void Look()
    {
        var ends = Interlocked.Increment(ref _looks) % LooksUntilExpiry == 0;
        if (ends)
        {
            _queue.Expire();
        }

        Lane<T>? helper;
        Lane<T>[] idle;
        lock (_gate)
        {
            Array.ForEach(_lanes, static lane => lane.WasSeen());
            if (ends)
            {
                Array.ForEach(Array.FindAll(_lanes, lane => lane.IsBusySince(_looksOfPatience)), static lane => lane.Executor.GiveUp());
            }

            helper = NobodyGetsOn() ? StartIdle() : null;
            idle = Array.FindAll(_lanes, static lane => lane is { State: LaneState.Idle, IsUnchanged: true, HoldsConnection: true });
            Array.ForEach(idle, static lane => lane.Become(LaneState.Resting));
            if (Array.TrueForAll(_lanes, static lane => lane is { State: LaneState.Idle, HoldsConnection: false }))
            {
                _isWatching = false;
                _watch.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }
        }

        Run(helper);
        foreach (var lane in idle)
        {
            _ = RestAsync(lane);
        }
    }
}
