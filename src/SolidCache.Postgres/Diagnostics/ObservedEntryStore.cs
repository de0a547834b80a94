using System.Buffers;
using System.Runtime.CompilerServices;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Diagnostics;

/// <summary>Counts and times calls, and makes a span of each; costs next to nothing while nobody listens.</summary>
internal sealed class ObservedEntryStore(IEntryStore store, CacheTelemetry telemetry, TableFigures figures) : IEntryStore
{
    public ValueTask<bool> ReadAsync(
        CacheKey key, IBufferWriter<byte> destination, bool slide, bool async, CancellationToken cancellationToken) =>
        telemetry.IsObserved
            ? ObservedReadAsync(key, destination, slide, async, cancellationToken)
            : store.ReadAsync(key, destination, slide, async, cancellationToken);

    public ValueTask RefreshAsync(CacheKey key, bool async, CancellationToken cancellationToken) =>
        telemetry.IsObserved
            ? ObserveAsync(CacheOperation.Refresh, (key, async, cancellationToken), static (store, call) => store.RefreshAsync(call.key, call.async, call.cancellationToken))
            : store.RefreshAsync(key, async, cancellationToken);

    public ValueTask WriteAsync(
        CacheKey key, ReadOnlySequence<byte> value, Expiration expiration, bool durable, bool async, CancellationToken cancellationToken) =>
        telemetry.IsObserved
            ? ObserveAsync(
                CacheOperation.Set,
                (key, value, expiration, durable, async, cancellationToken),
                static (store, call) => store.WriteAsync(call.key, call.value, call.expiration, call.durable, call.async, call.cancellationToken),
                static telemetry => telemetry.Set())
            : store.WriteAsync(key, value, expiration, durable, async, cancellationToken);

    public ValueTask RemoveAsync(CacheKey key, bool async, CancellationToken cancellationToken) =>
        telemetry.IsObserved
            ? ObserveAsync(
                CacheOperation.Remove,
                (key, async, cancellationToken),
                static (store, call) => store.RemoveAsync(call.key, call.async, call.cancellationToken),
                static telemetry => telemetry.Removed(1))
            : store.RemoveAsync(key, async, cancellationToken);

    public async ValueTask<long> RemoveAsync(IReadOnlyList<KeyRange> ranges, CancellationToken cancellationToken)
    {
        var removed = await ObserveAsync(
            CacheOperation.RemoveMany,
            (ranges, cancellationToken),
            static (store, call) => store.RemoveAsync(call.ranges, call.cancellationToken)).ConfigureAwait(false);
        telemetry.Removed(removed);
        return removed;
    }

    public ValueTask<TimeSpan?> GetTimeToLiveAsync(CacheKey key, CancellationToken cancellationToken) =>
        ObserveAsync(
            CacheOperation.TimeToLive, (key, cancellationToken), static (store, call) => store.GetTimeToLiveAsync(call.key, call.cancellationToken));

    public async ValueTask<SolidCacheStatistics> GetStatisticsAsync(TimeSpan overdueAfter, CancellationToken cancellationToken)
    {
        var statistics = await ObserveAsync(
            CacheOperation.Statistics,
            (overdueAfter, cancellationToken),
            static (store, call) => store.GetStatisticsAsync(call.overdueAfter, call.cancellationToken)).ConfigureAwait(false);
        figures.Learn(statistics);
        return statistics;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> ObservedReadAsync(
        CacheKey key, IBufferWriter<byte> destination, bool slide, bool async, CancellationToken cancellationToken)
    {
        var call = telemetry.Begin(CacheOperation.Get);
        try
        {
            var hit = await store.ReadAsync(key, destination, slide, async, cancellationToken).ConfigureAwait(false);
            call.Hit(hit);
            call.End();
            return hit;
        }
        catch (Exception error)
        {
            call.Fail(error);
            throw;
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask ObserveAsync<TState>(
        CacheOperation operation, TState state, Func<IEntryStore, TState, ValueTask> work, Action<CacheTelemetry>? count = null)
    {
        var call = telemetry.Begin(operation);
        try
        {
            await work(store, state).ConfigureAwait(false);
            count?.Invoke(telemetry);
            call.End();
        }
        catch (Exception error)
        {
            call.Fail(error);
            throw;
        }
    }

    private async ValueTask<T> ObserveAsync<TState, T>(CacheOperation operation, TState state, Func<IEntryStore, TState, ValueTask<T>> work)
    {
        var call = telemetry.Begin(operation);
        try
        {
            var result = await work(store, state).ConfigureAwait(false);
            call.End();
            return result;
        }
        catch (Exception error)
        {
            call.Fail(error);
            throw;
        }
    }
}
