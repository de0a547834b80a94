using System.Diagnostics.CodeAnalysis;

namespace SolidCache.Postgres.Dispatch;

/// <summary>One of the <see cref="Lanes{T}"/>, whose lock guards it: a thread that executes batches, and sleeps until it is called.</summary>
/// <typeparam name="T">What a batch is made of.</typeparam>
internal sealed class Lane<T>(IBatchExecutor<T> executor, Action<Exception> failed)
{
    private readonly object _signal = new();
    private bool _isCalled;

    public List<T> Batch { get; } = [];

    /// <summary>Gets or sets when it took its batch or was called for one; null while it sleeps.</summary>
    public long? BusySince { get; set; }

    /// <summary>Gets or sets a value indicating whether its batch took so long that another took its place.</summary>
    public bool IsGivenUp { get; set; }

    /// <summary>Executes its batch; whatever that throws ends the batch and not the lane.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "It is the answer of those who wait, and told of.")]
    public void Execute()
    {
        try
        {
            executor.Execute(Batch);
        }
        catch (Exception error)
        {
            failed(error);
            Try(() => executor.Fail(Batch, error));
        }

        Batch.Clear();
    }

    /// <summary>Those who have just been answered go first: most of them call again, and travel together then.</summary>
    public static void LetCallersGoFirst(IBatchQueue<T> queue, int answered)
    {
        for (var looks = answered == 1 ? 20 : 4; looks > 0 && queue.Count < answered; looks--)
        {
            if (answered == 1)
            {
                Thread.SpinWait(20);
            }

            Thread.Yield();
        }
    }

    public void GiveUp() => Try(() => executor.GiveUp(Batch));

    public void Rest() => Try(executor.Rest);

    /// <summary>Wakes it up. What it was called for is remembered if it is about to sleep.</summary>
    public void Call()
    {
        lock (_signal)
        {
            _isCalled = true;
            Monitor.Pulse(_signal);
        }
    }

    /// <summary>Sleeps until it is called; for so long at most.</summary>
    /// <returns>Whether it was called.</returns>
    public bool Sleep(TimeSpan atMost)
    {
        lock (_signal)
        {
            if (!_isCalled)
            {
                Monitor.Wait(_signal, atMost);
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
