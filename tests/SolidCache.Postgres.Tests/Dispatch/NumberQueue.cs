using System.Collections.Concurrent;
using SolidCache.Postgres.Dispatch;

namespace SolidCache.Postgres.Tests.Dispatch;

/// <summary>Numbers in their order; as many as a batch may have keep another lane busy.</summary>
internal sealed class NumberQueue(int maxBatch) : IBatchQueue<int>
{
    private readonly ConcurrentQueue<int> _numbers = new();
    private int _looks;
    private int _takes;

    public int Count => _numbers.Count;

    public bool IsEmpty => _numbers.IsEmpty;

    public bool KeepsAnotherLaneBusy => _numbers.Count >= maxBatch;

    public int Looks => _looks;

    /// <summary>How often somebody wanted a batch.</summary>
    public int Takes => Volatile.Read(ref _takes);

    /// <summary>Whether there is a batch for anybody: not when all that waits are large values, of which one is under way.</summary>
    public bool MayTake { get; set; } = true;

    public void Add(int number) => _numbers.Enqueue(number);

    public bool Look()
    {
        Interlocked.Increment(ref _looks);
        return !_numbers.IsEmpty;
    }

    public void Take(List<int> batch)
    {
        Interlocked.Increment(ref _takes);
        while (MayTake && batch.Count < maxBatch && _numbers.TryDequeue(out var number))
        {
            batch.Add(number);
        }
    }
}
