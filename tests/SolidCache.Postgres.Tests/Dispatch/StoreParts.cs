using System.Collections.Concurrent;
using SolidCache.Postgres.Compression;
using SolidCache.Postgres.Dispatch;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Tests.Dispatch;

/// <summary>A store and the parts it is made of, over executors of the test's.</summary>
internal sealed class StoreParts
{
    private readonly Lanes<KeyWrite> _writeLanes;

    public StoreParts(
        Func<StoreParts, IBatchExecutor<ReadRequest>> newReader,
        Func<StoreParts, IBatchExecutor<KeyWrite>> newWriter,
        Func<IReadOnlyList<KeyRange>, long> removeRanges,
        BatchLimits? limits = null,
        TimeSpan? limit = null,
        int lanes = 2,
        ValueCompression? compression = null)
    {
        limits ??= BatchLimits.Default;
        Clock = new CallClock(limit ?? TimeSpan.FromSeconds(60), TimeProvider.System, AwayDatabase.Table);
        Reads = new ReadQueue(limits, Clock, AwayDatabase.Table);
        Writes = new WriteQueue(limits, Clock, AwayDatabase.Table);
        var readLanes = new Lanes<ReadRequest>("reads", Reads, lanes, new Distance(0), () => newReader(this), Clock, Failures.Enqueue);
        _writeLanes = new Lanes<KeyWrite>("writes", Writes, lanes, new Distance(0), () => newWriter(this), Clock, Failures.Enqueue);
        var watch = new Watch(Failures.Enqueue);
        watch.LookAfter(readLanes, _writeLanes);
        Store = new EntryStore(
            Reads,
            Writes,
            readLanes,
            _writeLanes,
            watch,
            Clock,
            new CacheLife(),
            compression ?? new ValueCompression(from: null),
            () => Unreadable++,
            (ranges, _) => Task.FromResult(removeRanges(ranges)),
            static (_, _) => Task.FromException<long>(new NotSupportedException()),
            static (_, _) => Task.FromException<SolidCacheStatistics>(new NotSupportedException()));
    }

    public CallClock Clock { get; }

    public ReadQueue Reads { get; }

    public WriteQueue Writes { get; }

    public EntryStore Store { get; }

    /// <summary>What the lanes and the watch told of.</summary>
    public ConcurrentQueue<Exception> Failures { get; } = new();

    /// <summary>How many values were read that were damaged.</summary>
    public int Unreadable { get; private set; }

    public void WakeWriters() => _writeLanes.Wake();
}
