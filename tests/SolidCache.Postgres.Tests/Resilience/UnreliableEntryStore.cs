using System.Buffers;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Tests.Resilience;

/// <summary>Keeps which keys were set, and fails every call while it is told to.</summary>
internal sealed class UnreliableEntryStore : IEntryStore
{
    private readonly HashSet<string> _keys = new(StringComparer.Ordinal);

    public Exception? Error { get; set; }

    public int Asked { get; private set; }

    public int RangesRemoved { get; private set; }

    public bool Holds(string key) => _keys.Contains(key);

    public async ValueTask<bool> ReadAsync(CacheKey key, IBufferWriter<byte> destination, bool slide, bool async, CancellationToken cancellationToken)
    {
        await AskAsync();
        return _keys.Contains(key.Stored);
    }

    public ValueTask RefreshAsync(CacheKey key, bool async, CancellationToken cancellationToken) => AskAsync();

    public async ValueTask WriteAsync(
        CacheKey key, ReadOnlySequence<byte> value, Expiration expiration, bool durable, bool async, CancellationToken cancellationToken)
    {
        await AskAsync();
        _keys.Add(key.Stored);
    }

    public async ValueTask RemoveAsync(CacheKey key, bool async, CancellationToken cancellationToken)
    {
        await AskAsync();
        _keys.Remove(key.Stored);
    }

    public async ValueTask<long> RemoveAsync(IReadOnlyList<KeyRange> ranges, CancellationToken cancellationToken)
    {
        await AskAsync();
        _keys.Clear();
        return RangesRemoved += ranges.Count;
    }

    public async ValueTask<TimeSpan?> GetTimeToLiveAsync(CacheKey key, CancellationToken cancellationToken)
    {
        await AskAsync();
        return _keys.Contains(key.Stored) ? TimeSpan.MaxValue : null;
    }

    public ValueTask<SolidCacheStatistics> GetStatisticsAsync(TimeSpan overdueAfter, CancellationToken cancellationToken) => throw new NotSupportedException();

    private ValueTask AskAsync()
    {
        Asked++;
        return Error is null ? ValueTask.CompletedTask : ValueTask.FromException(Error);
    }
}
