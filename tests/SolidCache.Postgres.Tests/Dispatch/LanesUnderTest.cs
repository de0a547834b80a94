using System.Collections.Concurrent;
using Microsoft.Extensions.Time.Testing;
using SolidCache.Postgres.Dispatch;

namespace SolidCache.Postgres.Tests.Dispatch;

/// <summary>Lanes whose executors are made by the test, with a clock that stands still.</summary>
internal sealed class LanesUnderTest
{
    private readonly Lock _gate = new();
    private readonly GatedExecutor[] _executors;
    private int _made;

    /// <param name="maxBatch">Numbers in a batch, which are as many as another lane starts for.</param>
    /// <param name="most">Lanes.</param>
    /// <param name="places">Executors, which are more than lanes where some are given up.</param>
    /// <param name="distance">Of the server; near, if there is none.</param>
    public LanesUnderTest(int maxBatch = 1_000, int most = 1, int? places = null, Distance? distance = null)
    {
        _executors = [.. Enumerable.Range(0, places ?? most).Select(_ => new GatedExecutor())];
        Queue = new NumberQueue(maxBatch);
        Lanes = new Lanes<int>("tests", Queue, most, distance ?? new Distance(0), NewExecutor, AwayDatabase.Clock(Time), Failures.Enqueue);
    }

    public FakeTimeProvider Time { get; } = new();

    public NumberQueue Queue { get; }

    public Lanes<int> Lanes { get; }

    /// <summary>What the lanes told of.</summary>
    public ConcurrentQueue<Exception> Failures { get; } = new();

    /// <summary>How many lanes there were.</summary>
    public int Made => Volatile.Read(ref _made);

    public GatedExecutor this[int lane] => _executors[lane];

    public void Add(int number)
    {
        Queue.Add(number);
        Lanes.Wake();
    }

    public bool LookAfter(double milliseconds)
    {
        Time.Advance(TimeSpan.FromMilliseconds(milliseconds));
        return Lanes.Look();
    }

    private GatedExecutor NewExecutor()
    {
        lock (_gate)
        {
            return _executors[_made++];
        }
    }
}
