using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Dispatch;

/// <summary>How much waits to be written. Touches do not count. Guarded by the queue's lock.</summary>
internal sealed class Backlog(BatchLimits limits, TableName table)
{
    private long _bytes;

    public int Count { get; private set; }

    /// <exception cref="SolidCacheException">Too much waits already.</exception>
    public void Add(WriteRequest request)
    {
        limits.RefuseWhenFull(Count, _bytes + request.Value.Length, table);
        Count++;
        _bytes += request.Value.Length;
    }

    public void Remove(WriteRequest request)
    {
        Count--;
        _bytes -= request.Value.Length;
    }
}
