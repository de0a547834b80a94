using System.Collections.Concurrent;
using SolidCache.Postgres.Dispatch;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Tests.Dispatch;

/// <summary>A server that keeps numbers in a dictionary, takes its time, and fails in all the ways that a server can.</summary>
internal sealed class ModelServer
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _entries = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _underWay = new(StringComparer.Ordinal);
    private int _seed = 1;

    /// <summary>What must never happen and did.</summary>
    public ConcurrentQueue<string> Faults { get; } = new();

    /// <summary>How many of a hundred batches fail, in each of the ways.</summary>
    public int FailurePercentage { get; init; }

    /// <summary>How long a batch hangs that does; null when none does. Those of the server's answers that come too late have no effect.</summary>
    public TimeSpan? Hangs { get; init; }

    public int? Find(string key)
    {
        lock (_gate)
        {
            return _entries.TryGetValue(key, out var number) ? number : null;
        }
    }

    public IBatchExecutor<ReadRequest> NewReader(StoreParts parts) => new ModelReader(this, parts, NewRandom());

    public IBatchExecutor<KeyWrite> NewWriter(StoreParts parts) => new ModelWriter(this, parts, NewRandom());

    public long Remove(IReadOnlyList<KeyRange> ranges)
    {
        lock (_gate)
        {
            return ranges.Count(range => _entries.Remove(range.From));
        }
    }

    public bool Fails(Random random) => random.Next(100) < FailurePercentage;

    /// <summary>Takes a while, as the network does.</summary>
    public void Pass(Random random)
    {
        Thread.SpinWait(random.Next(2_000));
        if (random.Next(20) == 0)
        {
            Thread.Yield();
        }

        if (Hangs is { } hangs && random.Next(100) == 0)
        {
            Thread.Sleep(hangs);
        }
    }

    /// <summary>From now on somebody may change the key.</summary>
    public void Begin(string key)
    {
        if (!_underWay.TryAdd(key, true) && Hangs is null)
        {
            Faults.Enqueue($"Two writes of {key} at once.");
        }
    }

    public void End(string key) => _underWay.TryRemove(key, out _);

    /// <summary>Changes the entries, unless it comes too late.</summary>
    /// <returns>Whether it did.</returns>
    public bool Change(IEnumerable<(string Key, int? Number)> rows, CallClock clock, long oldest, long until = long.MaxValue)
    {
        lock (_gate)
        {
            if (clock.IsOver(oldest) || clock.Now >= until)
            {
                return false;
            }

            foreach (var (key, number) in rows)
            {
                if (number is { } some)
                {
                    _entries[key] = some;
                }
                else
                {
                    _entries.Remove(key);
                }
            }

            return true;
        }
    }

    private Random NewRandom() => new(Interlocked.Increment(ref _seed));
}
