namespace SolidCache.Postgres.Dispatch;

/// <summary>
/// A few workers that take batches from one queue. Nothing waits for a timer: a call that finds an idle lane goes out at once, on the
/// caller's own thread; what arrives while all lanes are busy is the next batch.
/// </summary>
/// <typeparam name="T">What a batch is made of.</typeparam>
internal sealed class Lanes<T>
{
    private readonly Lock _gate = new();
    private readonly IBatchQueue<T> _queue;
    private readonly Stack<Lane> _idle;
    private readonly int _count;
    private TaskCompletionSource? _allIdle;

    /// <param name="queue">Filled before <see cref="Wake"/> is called.</param>
    /// <param name="executors">One for each lane.</param>
    public Lanes(IBatchQueue<T> queue, IEnumerable<IBatchExecutor<T>> executors)
    {
        _queue = queue;
        _idle = new(executors.Select(executor => new Lane(executor)));
        _count = _idle.Count;
    }

    /// <summary>Tells that the queue holds something new.</summary>
    public void Wake()
    {
        Lane? lane;
        lock (_gate)
        {
            if (!_idle.TryPop(out lane))
            {
                // A busy lane asks the queue again before it rests, under this lock.
                return;
            }

            _queue.Take(lane.Batch);
            if (lane.Batch.Count == 0)
            {
                _idle.Push(lane);
                return;
            }
        }

        // The lane outlives the call that woke it: neither its activity nor its ambient values belong to those who come after.
        if (ExecutionContext.IsFlowSuppressed())
        {
            _ = RunAsync(lane);
            return;
        }

        using (ExecutionContext.SuppressFlow())
        {
            _ = RunAsync(lane);
        }
    }

    /// <summary>Waits until nothing is under way any more.</summary>
    public Task WhenIdleAsync()
    {
        lock (_gate)
        {
            return _idle.Count == _count ? Task.CompletedTask : (_allIdle ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    private async Task RunAsync(Lane lane)
    {
        while (true)
        {
            await lane.Executor.ExecuteAsync(lane.Batch).ConfigureAwait(false);
            var alone = lane.Batch.Count == 1 && _queue.IsEmpty;
            lane.Batch.Clear();
            if (!alone)
            {
                // Those who have just been answered go first: most of them call again, and travel together then.
                await Task.Yield();
            }

            lock (_gate)
            {
                _queue.Take(lane.Batch);
            }

            if (lane.Batch.Count > 0)
            {
                continue;
            }

            await lane.Executor.RestAsync().ConfigureAwait(false);
            if (HasRested(lane))
            {
                return;
            }
        }
    }

    /// <summary>What came while the connection was given back has woken no other lane if this was the last.</summary>
    private bool HasRested(Lane lane)
    {
        lock (_gate)
        {
            _queue.Take(lane.Batch);
            if (lane.Batch.Count > 0)
            {
                return false;
            }

            _idle.Push(lane);
            if (_idle.Count == _count)
            {
                _allIdle?.SetResult();
                _allIdle = null;
            }

            return true;
        }
    }

    private sealed class Lane(IBatchExecutor<T> executor)
    {
        public IBatchExecutor<T> Executor => executor;

        public List<T> Batch { get; } = [];
    }
}
