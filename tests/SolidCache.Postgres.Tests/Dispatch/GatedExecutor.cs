using System.Collections.Concurrent;
using SolidCache.Postgres.Dispatch;

namespace SolidCache.Postgres.Tests.Dispatch;

/// <summary>Executes a batch when the test says so.</summary>
internal sealed class GatedExecutor : IBatchExecutor<int>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly BlockingCollection<Exception?> _ends = [];
    private readonly BlockingCollection<int[]> _began = [];
    private readonly SemaphoreSlim _rests = new(0);

    public ConcurrentQueue<int[]> Batches { get; } = new();

    public ConcurrentQueue<Thread> Threads { get; } = new();

    public ConcurrentQueue<(int[] Batch, Exception Error)> Failed { get; } = new();

    public ConcurrentQueue<int[]> GivenUp { get; } = new();

    public Action Executing { get; set; } = static () => { };

    public Action Failing { get; set; } = static () => { };

    public Action GivingUp { get; set; } = static () => { };

    public Action Resting { get; set; } = static () => { };

    public void Execute(List<int> batch)
    {
        Batches.Enqueue([.. batch]);
        Threads.Enqueue(Thread.CurrentThread);
        Executing();
        _began.Add([.. batch]);
        if (!_ends.TryTake(out var error, Patience))
        {
            throw new TimeoutException("The test has not finished its batch.");
        }

        if (error is not null)
        {
            throw error;
        }
    }

    public void Fail(List<int> batch, Exception error)
    {
        Failed.Enqueue(([.. batch], error));
        Failing();
    }

    public void GiveUp(List<int> batch)
    {
        GivenUp.Enqueue([.. batch]);
        GivingUp();
    }

    public void Rest()
    {
        Resting();
        _rests.Release();
    }

    /// <summary>The next batch that it begins.</summary>
    public int[] NextBatch() => _began.TryTake(out var batch, Patience) ? batch : throw new TimeoutException("It begins no batch.");

    public void WaitForRest() => Assert.That(_rests.Wait(Patience), Is.True, "It does not rest.");

    public void Finish(Exception? error = null) => _ends.Add(error);
}
