using System.Buffers;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Caching;

/// <summary>
/// Serves reads and writes nothing. What may go without being noticed, as an entry may that a full cache pushes out, is left out: sets and extensions of
/// sliding expirations. A removal that is not done would leave others reading what is wrong, so that it is refused.
/// </summary>
internal sealed class ReadOnlyEntryStore(IEntryStore store) : IEntryStore
{
    /// <summary>For all that somebody relies on.</summary>
    public static SolidCacheException Refusal() =>
        new($"The cache is read-only ({nameof(PostgresSolidCacheOptions.ReadOnly)} = true): nothing was removed. Remove entries through a cache that may write.");

    public ValueTask<bool> ReadAsync(CacheKey key, IBufferWriter<byte> destination, bool slide, bool async, CancellationToken cancellationToken) =>
        store.ReadAsync(key, destination, slide: false, async, cancellationToken);

    public ValueTask<EntryAge?> ReadAgedAsync(CacheKey key, IBufferWriter<byte> destination, bool slide, CancellationToken cancellationToken) =>
        store.ReadAgedAsync(key, destination, slide: false, cancellationToken);

    public ValueTask<LeaseAnswer> LeaseAsync(CacheKey key, LeaseTerms terms, bool async, CancellationToken cancellationToken) => ValueTask.FromResult<LeaseAnswer>(default);

    public ValueTask<LeaseState> RenewAsync(CacheKey key, LeaseTerms terms, bool async, CancellationToken cancellationToken) => ValueTask.FromResult(LeaseState.Unavailable);

    public ValueTask<bool> FillAsync(CacheKey key, long lease, ReadOnlySequence<byte> value, Expiration expiration, CancellationToken cancellationToken) =>
        ValueTask.FromResult(false);

    public ValueTask<long> RemoveTagsAsync(IReadOnlyList<CacheKey> tags, CancellationToken cancellationToken) => ValueTask.FromException<long>(Refusal());

    public ValueTask<bool> RefreshAsync(CacheKey key, bool async, CancellationToken cancellationToken) => ValueTask.FromResult(false);

    public ValueTask<bool> WriteAsync(
        CacheKey key, ReadOnlySequence<byte> value, Expiration expiration, bool durable, bool async, CancellationToken cancellationToken) => ValueTask.FromResult(false);

    public ValueTask<bool> RemoveAsync(CacheKey key, bool async, CancellationToken cancellationToken) => ValueTask.FromException<bool>(Refusal());

    public ValueTask<long> RemoveAsync(IReadOnlyList<KeyRange> ranges, CancellationToken cancellationToken) => ValueTask.FromException<long>(Refusal());

    public ValueTask<TimeSpan?> GetTimeToLiveAsync(CacheKey key, CancellationToken cancellationToken) => store.GetTimeToLiveAsync(key, cancellationToken);

    public ValueTask<SolidCacheStatistics> GetStatisticsAsync(TimeSpan overdueAfter, CancellationToken cancellationToken) =>
        store.GetStatisticsAsync(overdueAfter, cancellationToken);
}
