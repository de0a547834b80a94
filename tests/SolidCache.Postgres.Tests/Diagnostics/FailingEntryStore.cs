using System.Buffers;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Tests.Diagnostics;

/// <summary>Takes its time over a read, and fails it if told so. Nothing else is asked of it.</summary>
internal sealed class FailingEntryStore(Action work, Exception? error) : IEntryStore
{
    public async ValueTask<bool> ReadAsync(CacheKey key, IBufferWriter<byte> destination, bool slide, bool async, CancellationToken cancellationToken)
    {
        await Task.Yield();
        work();
        return error is null ? false : throw error;
    }

    public ValueTask<EntryAge?> ReadAgedAsync(CacheKey key, IBufferWriter<byte> destination, bool slide, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask<LeaseAnswer> LeaseAsync(CacheKey key, LeaseTerms terms, bool async, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<LeaseState> RenewAsync(CacheKey key, LeaseTerms terms, bool async, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<bool> FillAsync(CacheKey key, long lease, ReadOnlySequence<byte> value, Expiration expiration, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask<long> RemoveTagsAsync(IReadOnlyList<CacheKey> tags, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<bool> RefreshAsync(CacheKey key, bool async, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<bool> WriteAsync(
        CacheKey key, ReadOnlySequence<byte> value, Expiration expiration, bool durable, bool async, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask<bool> RemoveAsync(CacheKey key, bool async, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<long> RemoveAsync(IReadOnlyList<KeyRange> ranges, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<TimeSpan?> GetTimeToLiveAsync(CacheKey key, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<SolidCacheStatistics> GetStatisticsAsync(TimeSpan overdueAfter, CancellationToken cancellationToken) => throw new NotSupportedException();
}
