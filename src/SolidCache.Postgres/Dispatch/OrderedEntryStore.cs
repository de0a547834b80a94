using System.Buffers;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Dispatch;

/// <summary>Lets each call go alone, and the writes of one key one after the other, in the order in which they came.</summary>
internal sealed class OrderedEntryStore(IEntryStore direct, WriteQueue lines) : IEntryStore
{
    public ValueTask<bool> ReadAsync(
        CacheKey key, IBufferWriter<byte> destination, bool slide, bool async, CancellationToken cancellationToken) =>
        direct.ReadAsync(key, destination, slide, async, cancellationToken);

    public ValueTask RefreshAsync(CacheKey key, bool async, CancellationToken cancellationToken) =>
        direct.RefreshAsync(key, async, cancellationToken);

    public ValueTask WriteAsync(
        CacheKey key, ReadOnlySequence<byte> value, Expiration expiration, bool durable, bool async, CancellationToken cancellationToken) =>
        InTurnAsync(key, token => direct.WriteAsync(key, value, expiration, durable, async, token), async, cancellationToken);

    public ValueTask RemoveAsync(CacheKey key, bool async, CancellationToken cancellationToken) =>
        InTurnAsync(key, token => direct.RemoveAsync(key, async, token), async, cancellationToken);

    public async ValueTask<long> RemoveAsync(IReadOnlyList<KeyRange> ranges, CancellationToken cancellationToken)
    {
        await lines.WhenPassedAsync(cancellationToken).ConfigureAwait(false);
        return await direct.RemoveAsync(ranges, cancellationToken).ConfigureAwait(false);
    }

    public ValueTask<TimeSpan?> GetTimeToLiveAsync(CacheKey key, CancellationToken cancellationToken) =>
        direct.GetTimeToLiveAsync(key, cancellationToken);

    public ValueTask<SolidCacheStatistics> GetStatisticsAsync(TimeSpan overdueAfter, CancellationToken cancellationToken) =>
        direct.GetStatisticsAsync(overdueAfter, cancellationToken);

    private async ValueTask InTurnAsync(CacheKey key, Func<CancellationToken, ValueTask> work, bool async, CancellationToken cancellationToken)
    {
        using var limit = lines.LimitOf(cancellationToken);
        try
        {
            await lines.TakeTurnAsync(key, async, limit.Token).ConfigureAwait(false);
            try
            {
                await work(limit.Token).ConfigureAwait(false);
            }
            finally
            {
                lines.EndTurn(key);
            }
        }
        catch (OperationCanceledException) when (limit.IsOver)
        {
            throw limit.Error();
        }
    }
}
