using System.Diagnostics.CodeAnalysis;

namespace SolidCache.Postgres.Dispatch;

/// <summary>
/// The one place where time runs out: looks, on a thread of its own, at what waits and at what is under way, while there is anything. The thread is
/// none of the pool's, whose threads may all be waiting for the cache.
/// </summary>
/// <param name="failed">Told when a look throws.</param>
internal sealed class Watch(Action<Exception> failed)
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan BetweenStarts = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan UntilThreadEnds = TimeSpan.FromSeconds(10);
    private readonly object _gate = new();
    private IReadOnlyList<IWatched> _watched = [];
    private volatile bool _isAwake;
    private bool _hasThread;

    /// <summary>What is looked at, in this order; call before it is woken.</summary>
    public void LookAfter(params IReadOnlyList<IWatched> watched) => _watched = watched;

    /// <summary>Tells that there is something to look after.</summary>
    public void Wake()
    {
        if (_isAwake)
        {
            return;
        }

        lock (_gate)
        {
            _isAwake = true;
            if (_hasThread)
            {
                Monitor.Pulse(_gate);
                return;
            }

            _hasThread = true;
        }

        Start();
    }

    private void Start()
    {
        if (!OwnThread.TryStart("watch", Run))
        {
            // Whoever waits may have been the last to call.
            _ = Task.Delay(BetweenStarts, TimeProvider.System).ContinueWith(_ => Start(), TaskScheduler.Default);
        }
    }

    private void Run()
    {
        do
        {
            lock (_gate)
            {
                Monitor.Wait(_gate, BetweenLooks);
            }
        }
        while (AnyToLookAfter() || IsWokenAgain());
    }

    /// <summary>Sleeps until there is something to look after again.</summary>
    /// <returns>False when nothing came for so long that the thread is to end.</returns>
    private bool IsWokenAgain()
    {
        lock (_gate)
        {
            // What comes from here on wakes it; what came before is seen now.
            _isAwake = false;
            _isAwake = AnyToLookAfter();
            _hasThread = _isAwake || Monitor.Wait(_gate, UntilThreadEnds) || _isAwake;
            return _hasThread;
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever one look meets, the next comes.")]
    private bool AnyToLookAfter()
    {
        var any = false;
        foreach (var one in _watched)
        {
            try
            {
                any |= one.Look();
            }
            catch (Exception error)
            {
                failed(error);
                any = true;
            }
        }

        return any;
    }
}
