using System.Buffers;
using System.Runtime.CompilerServices;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Invalidation;

/// <summary>Has the other nodes told after each write, whatever became of it: who knows that it failed may know less than the server.</summary>
/// <param name="store">Which writes.</param>
/// <param name="reader">Tells the others.</param>
/// <param name="forget">Has this node forget an entry at once.</param>
/// <param name="forgetTags">Has it forget the entries of tags at once.</param>
internal sealed class AnnouncingEntryStore(IEntryStore store, InvalidationReader reader, Action<CacheKey>? forget = null, Action<IReadOnlyList<CacheKey>>? forgetTags = null) : IEntryStore
{
    public ValueTask<bool> ReadAsync(CacheKey key, IBufferWriter<byte> destination, bool slide, bool async, CancellationToken cancellationToken) =>
        store.ReadAsync(key, destination, slide, async, cancellationToken);

    public ValueTask<EntryAge?> ReadAgedAsync(CacheKey key, IBufferWriter<byte> destination, bool slide, CancellationToken cancellationToken) =>
        store.ReadAgedAsync(key, destination, slide, cancellationToken);

    public ValueTask<LeaseAnswer> LeaseAsync(CacheKey key, LeaseTerms terms, bool async, CancellationToken cancellationToken) => store.LeaseAsync(key, terms, async, cancellationToken);

    public ValueTask<LeaseState> RenewAsync(CacheKey key, LeaseTerms terms, bool async, CancellationToken cancellationToken) => store.RenewAsync(key, terms, async, cancellationToken);

    public ValueTask<bool> FillAsync(CacheKey key, long lease, ReadOnlySequence<byte> value, Expiration expiration, CancellationToken cancellationToken) =>
        AnnounceAsync<bool, bool>(store.FillAsync(key, lease, value, expiration, cancellationToken));

    public ValueTask<bool> RefreshAsync(CacheKey key, bool async, CancellationToken cancellationToken) => store.RefreshAsync(key, async, cancellationToken);

    public ValueTask<bool> WriteAsync(
        CacheKey key, ReadOnlySequence<byte> value, Expiration expiration, bool durable, bool async, CancellationToken cancellationToken) =>
        AnnounceAsync(store.WriteAsync(key, value, expiration, durable, async, cancellationToken), forget, key);

    public ValueTask<bool> RemoveAsync(CacheKey key, bool async, CancellationToken cancellationToken) =>
        AnnounceAsync(store.RemoveAsync(key, async, cancellationToken), forget, key);

    public ValueTask<long> RemoveAsync(IReadOnlyList<KeyRange> ranges, CancellationToken cancellationToken) => AnnounceAsync<long, bool>(store.RemoveAsync(ranges, cancellationToken));

    public ValueTask<long> RemoveTagsAsync(IReadOnlyList<CacheKey> tags, CancellationToken cancellationToken) =>
        AnnounceAsync(store.RemoveTagsAsync(tags, cancellationToken), forgetTags, tags);

    public ValueTask<TimeSpan?> GetTimeToLiveAsync(CacheKey key, CancellationToken cancellationToken) => store.GetTimeToLiveAsync(key, cancellationToken);

    public ValueTask<SolidCacheStatistics> GetStatisticsAsync(TimeSpan overdueAfter, CancellationToken cancellationToken) =>
        store.GetStatisticsAsync(overdueAfter, cancellationToken);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<T> AnnounceAsync<T, TChanged>(ValueTask<T> write, Action<TChanged>? forget = null, TChanged changed = default!)
    {
        try
        {
            return await write.ConfigureAwait(false);
        }
        finally
        {
            forget?.Invoke(changed);
            reader.HasWritten();
        }
    }
}
