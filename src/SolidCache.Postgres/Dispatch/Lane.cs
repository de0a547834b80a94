using System.Diagnostics.CodeAnalysis;

namespace SolidCache.Postgres.Dispatch;

/// <summary>One of the <see cref="Lanes{T}"/>, whose lock guards it: a thread that executes batches, and sleeps until it is called.</summary>
/// <typeparam name="T">What a batch is made of.</typeparam>
/// <param name="executor">Of its batches.</param>
/// <param name="failed">Told of what a batch threw, which ends the batch and not the lane.</param>
/// <param name="isSpare">Whether it is one of those that a distant server has besides.</param>
internal sealed class Lane<T>(IBatchExecutor<T> executor, Action<Exception> failed, bool isSpare)
{
    /// <summary>What a thread of a caller takes to wake up and call again, about.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMicroseconds(50);

    /// <summary>When several come back, how long after one the next does at most; about.</summary>
    private static readonly TimeSpan BetweenCallers = TimeSpan.FromMicroseconds(10);

    private const int BatchesBetweenWaits = 15;
    private static readonly TimeSpan KeepsConnection = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan KeepsThread = TimeSpan.FromSeconds(10);

    private readonly object _signal = new();
    private bool _isCalled;
    private bool _hasThread;
    private int _batchesUntilWait;

    public List<T> Batch { get; } = [];

    /// <summary>Gets or sets when it took its batch or was called for one; null while it sleeps.</summary>
    public long? BusySince { get; set; }

    /// <summary>Gets when its thread went to work on its batch; null before and after: what has not begun hangs nowhere, and is begun late.</summary>
    public long? ExecutesSince { get; private set; }

    /// <summary>Gets a value indicating whether it has answered its batch, and lets those callers go first before it takes the next.</summary>
    public bool IsBack { get; private set; }

    public bool IsSpare => isSpare;

    /// <summary>Gets or sets a value indicating whether its batch took so long that another took its place.</summary>
    public bool IsGivenUp { get; set; }

    /// <returns>False when there is nothing to take.</returns>
    public bool TakesBatch(IBatchQueue<T> queue, long now)
    {
        queue.Take(Batch);
        if (Batch.Count == 0)
        {
            return false;
        }

        (BusySince, IsBack) = (now, false);
        return true;
    }

    public void Begins(long now) => ExecutesSince = now;

    /// <summary>It has answered its batch, however slow that was.</summary>
    public void ComesBack(long now) => (BusySince, ExecutesSince, IsBack) = (now, null, true);

    /// <summary>Executes its batch; whatever that throws ends the batch and not the lane.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "It is the answer of those who wait, and told of.")]
    public void Execute()
    {
        try
        {
            executor.Execute(Batch);
            Batch.Clear();
        }
        catch (Exception error)
        {
            failed(error);
            Fail(error);
        }
    }

    /// <summary>Ends its batch with an error.</summary>
    public void Fail(Exception error)
    {
        Try(() => executor.Fail(Batch, error));
        Batch.Clear();
    }

    /// <summary>
    /// Those who have just been answered go first: most of them call again, and travel together then. Where they do not, they are waited for now and then only,
    /// to see whether that has changed.
    /// </summary>
    public void LetCallersGoFirst(IBatchQueue<T> queue, int answered)
    {
        if (_batchesUntilWait-- > 0)
        {
            return;
        }

        var (clock, before) = (TimeProvider.System, queue.Count);
        var (here, began) = (before, clock.GetTimestamp());
        var (wait, since) = (Patience, began);
        for (var looks = 1; here < before + answered && clock.GetElapsedTime(since) < wait && clock.GetElapsedTime(began) < Patience; looks++)
        {
            Thread.SpinWait(20);
            if (looks % 4 == 0)
            {
                Thread.Yield();
            }

            if (queue.Count > here)
            {
                (here, wait, since) = (queue.Count, BetweenCallers, clock.GetTimestamp());
            }
        }

        _batchesUntilWait = here - before < (answered + 1) / 2 ? BatchesBetweenWaits : 0;
    }

    public void GiveUp() => Try(() => executor.GiveUp(Batch));

    public void Rest() => Try(executor.Rest);

    /// <summary>Wakes it up, or starts its thread.</summary>
    /// <returns>False when the system has none for it.</returns>
    public bool TryGo(string name, Action work)
    {
        if (_hasThread)
        {
            Call();
            return true;
        }

        _hasThread = true;
        return OwnThread.TryStart(name, work);
    }

    /// <summary>Wakes it up. What it was called for is remembered if it is about to sleep.</summary>
    public void Call()
    {
        lock (_signal)
        {
            _isCalled = true;
            Monitor.Pulse(_signal);
        }
    }

    /// <summary>Sleeps until it is called. It keeps its connection for a moment, and, unless it is spare, its thread for a while.</summary>
    /// <returns>Whether it was called.</returns>
    public bool Sleep()
    {
        if (Sleep(KeepsConnection))
        {
            return true;
        }

        Rest();
        return !isSpare && Sleep(KeepsThread);
    }

    private bool Sleep(TimeSpan atMost)
    {
        lock (_signal)
        {
            if (!_isCalled)
            {
                var began = TimeProvider.System.GetTimestamp();
                Monitor.Wait(_signal, atMost);
                if (TimeProvider.System.GetElapsedTime(began) < Patience)
                {
                    _batchesUntilWait = 0;
                }
            }

            var wasCalled = _isCalled;
            _isCalled = false;
            return wasCalled;
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever it is, the lane lives on.")]
    private void Try(Action action)
    {
        try
        {
            action();
        }
        catch (Exception error)
        {
            failed(error);
        }
    }
}
