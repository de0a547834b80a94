namespace SolidCache.Postgres.Dispatch;

/// <summary>
/// A few workers that take batches from one queue. Nothing waits for a timer: a call that finds all lanes idle goes out at once, on
/// the caller's own thread; what arrives while a lane is busy is the next batch.
/// </summary>
/// <remarks>
/// A batch costs the server about as much as eight rows do, whatever its size, so one lane with large batches beats two with small ones.
/// Another starts only when a full batch waits already, or when those that work are slow: stuck behind a row that somebody else has
/// locked, busy with a large value, or on a distant server.
/// </remarks>
/// <typeparam name="T">What a batch is made of.</typeparam>
internal sealed class Lanes<T> : IDisposable
{
    /// <summary>How long a batch may take before others pass it by: twice this at most.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(5);

    private readonly Lock _gate = new();
    private readonly IBatchQueue<T> _queue;
    private readonly Lane[] _lanes;
    private readonly Stack<Lane> _idle;
    private readonly ITimer _timer;
    private TaskCompletionSource? _allIdle;
    private bool _isWatching;
    private int _slow;

    /// <param name="queue">Filled before <see cref="Wake"/> is called.</param>
    /// <param name="executors">One for each lane.</param>
    /// <param name="time">Tells which lanes are slow.</param>
    public Lanes(IBatchQueue<T> queue, IEnumerable<IBatchExecutor<T>> executors, TimeProvider time)
    {
        _queue = queue;
        _lanes = [.. executors.Select(executor => new Lane(executor))];
        _idle = new(_lanes);
        using (Detached())
        {
            _timer = time.CreateTimer(static lanes => ((Lanes<T>)lanes!).Watch(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    private int Working => _lanes.Length - _idle.Count - _slow;

    /// <summary>Tells that the queue holds something new.</summary>
    public void Wake()
    {
        Lane? lane;
        lock (_gate)
        {
            // A busy lane asks the queue again before it rests, under this lock.
            lane = Working == 0 || _queue.HoldsFullBatch ? TakeIdle() : null;
        }

        Start(lane);
    }

    /// <summary>Waits until nothing is under way any more.</summary>
    public Task WhenIdleAsync()
    {
        lock (_gate)
        {
            return _idle.Count == _lanes.Length ? Task.CompletedTask : (_allIdle ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    public void Dispose() => _timer.Dispose();

    /// <summary>An idle lane with a batch, if there are both.</summary>
    private Lane? TakeIdle()
    {
        if (!_idle.TryPop(out var lane))
        {
            return null;
        }

        _queue.Take(lane.Batch);
        if (lane.Batch.Count == 0)
        {
            _idle.Push(lane);
            return null;
        }

        if (!_isWatching)
        {
            _isWatching = true;
            _timer.Change(Patience, Patience);
        }

        return lane;
    }

    private void Start(Lane? lane)
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

    private async Task RunAsync(Lane lane)
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

            if (!HasMore(lane))
            {
                await lane.Executor.RestAsync().ConfigureAwait(false);
            }
        }
        while (lane.Batch.Count > 0 || !HasRested(lane));
    }

    private bool HasMore(Lane lane)
    {
        lock (_gate)
        {
            _slow -= lane.IsSlow ? 1 : 0;
            lane.Looks = 0;
            _queue.Take(lane.Batch);
            return lane.Batch.Count > 0;
        }
    }

    /// <summary>What came while the connection was given back has woken no other lane.</summary>
    private bool HasRested(Lane lane)
    {
        lock (_gate)
        {
            _queue.Take(lane.Batch);
            if (lane.Batch.Count > 0)
            {
                return false;
            }

            _slow -= lane.IsSlow ? 1 : 0;
            lane.Looks = 0;
            _idle.Push(lane);
            if (_idle.Count == _lanes.Length)
            {
                _allIdle?.SetResult();
                _allIdle = null;
            }

            return true;
        }
    }

    /// <summary>Looks at the lanes now and then while they are busy, and lets another take what waits for slow ones.</summary>
    private void Watch()
    {
        Lane? helper;
        lock (_gate)
        {
            if (_idle.Count == _lanes.Length)
            {
                _isWatching = false;
                _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                return;
            }

            foreach (var busy in _lanes.Where(lane => !_idle.Contains(lane)))
            {
                busy.Looks++;
                _slow += busy.Looks == Lane.SlowAfterLooks ? 1 : 0;
            }

            helper = Working == 0 ? TakeIdle() : null;
        }

        Start(helper);
    }

    private static AsyncFlowControl? Detached() => ExecutionContext.IsFlowSuppressed() ? null : ExecutionContext.SuppressFlow();

    private sealed class Lane(IBatchExecutor<T> executor)
    {
        public const int SlowAfterLooks = 2;

        public IBatchExecutor<T> Executor => executor;

        public List<T> Batch { get; } = [];

        /// <summary>How often it was seen with its batch.</summary>
        public int Looks { get; set; }

        public bool IsSlow => Looks >= SlowAfterLooks;
    }
}
