using SolidCache.Postgres.Dispatch;

namespace SolidCache.Postgres.Sql;

/// <summary>Sets as the columns of their parameters, reused from batch to batch.</summary>
internal sealed class SetRows
{
    public List<string> Keys { get; } = [];

    public List<long> Absolutes { get; } = [];

    public List<long> Slidings { get; } = [];

    public List<ReadOnlyMemory<byte>> Values { get; } = [];

    public void Add(WriteRequest set)
    {
        Keys.Add(set.Key.Stored);
        Absolutes.Add(set.Expiration.AbsoluteMicroseconds ?? 0);
        Slidings.Add(set.Expiration.SlidingMicroseconds ?? 0);
        Values.Add(set.Value);
    }

    public void Clear()
    {
        Keys.Clear();
        Absolutes.Clear();
        Slidings.Clear();
        Values.Clear();
    }
}
