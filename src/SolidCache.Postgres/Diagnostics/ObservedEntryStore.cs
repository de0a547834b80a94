using System.Buffers;
using System.Runtime.CompilerServices;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Diagnostics;

/// <summary>Counts and times calls, and makes a span of each; costs next to nothing while nobody listens.</summary>
internal sealed class ObservedEntryStore(IEntryStore store, CacheTelemetry telemetry, TableFigures figures) : IEntryStore
{
    public ValueTask<bool> ReadAsync(
        CacheKey key, IBufferWriter<byte> destination, bool slide, bool async, CancellationToken cancellationToken) =>
        CallAsync(
            CacheOperation.Get,
            (key, destination, slide, async, cancellationToken),
            static (store, call) => store.ReadAsync(call.key, call.destination, call.slide, call.async, call.cancellationToken),
            static (_, call, hit) => call.Hit(hit));

    public ValueTask<EntryAge?> ReadAgedAsync(CacheKey key, IBufferWriter<byte> destination, bool slide, CancellationToken cancellationToken) =>
        CallAsync(
            CacheOperation.Get,
            (key, destination, slide, cancellationToken),
            static (store, call) => store.ReadAgedAsync(call.key, call.destination, call.slide, call.cancellationToken),
            static (_, call, age) => call.Hit(age is not null));

    public ValueTask<LeaseAnswer> LeaseAsync(CacheKey key, LeaseTerms terms, bool async, CancellationToken cancellationToken) => CallAsync(
        CacheOperation.Lease,
        (key, terms, async, cancellationToken),
        static (store, call) => store.LeaseAsync(call.key, call.terms, call.async, call.cancellationToken),
        static (telemetry, _, answer) => telemetry.Leased(answer.State));

    public ValueTask<LeaseState> RenewAsync(CacheKey key, LeaseTerms terms, bool async, CancellationToken cancellationToken) => store.RenewAsync(key, terms, async, cancellationToken);

    public ValueTask<bool> FillAsync(CacheKey key, long lease, ReadOnlySequence<byte> value, Expiration expiration, CancellationToken cancellationToken) => CallAsync(
        CacheOperation.Fill,
        (key, lease, value, expiration, cancellationToken),
        static (store, call) => store.FillAsync(call.key, call.lease, call.value, call.expiration, call.cancellationToken),
        static (telemetry, _, stored) => telemetry.Set(stored));

    public ValueTask<long> RemoveTagsAsync(IReadOnlyList<CacheKey> tags, CancellationToken cancellationToken) => CallAsync(
        CacheOperation.RemoveMany,
        (tags, cancellationToken),
        static (store, call) => store.RemoveTagsAsync(call.tags, call.cancellationToken),
        static (telemetry, _, removed) => telemetry.Removed(removed));

    public ValueTask<bool> RefreshAsync(CacheKey key, bool async, CancellationToken cancellationToken) => CallAsync(
        CacheOperation.Refresh, (key, async, cancellationToken), static (store, call) => store.RefreshAsync(call.key, call.async, call.cancellationToken));

    public ValueTask<bool> WriteAsync(
        CacheKey key, ReadOnlySequence<byte> value, Expiration expiration, bool durable, bool async, CancellationToken cancellationToken) =>
        CallAsync(
            CacheOperation.Set,
            (key, value, expiration, durable, async, cancellationToken),
            static (store, call) => store.WriteAsync(call.key, call.value, call.expiration, call.durable, call.async, call.cancellationToken),
            static (telemetry, _, stored) => telemetry.Set(stored));

    public ValueTask<bool> RemoveAsync(CacheKey key, bool async, CancellationToken cancellationToken) => CallAsync(
        CacheOperation.Remove,
        (key, async, cancellationToken),
        static (store, call) => store.RemoveAsync(call.key, call.async, call.cancellationToken),
        static (telemetry, _, _) => telemetry.Removed(1));

    public ValueTask<long> RemoveAsync(IReadOnlyList<KeyRange> ranges, CancellationToken cancellationToken) => CallAsync(
        CacheOperation.RemoveMany,
        (ranges, cancellationToken),
        static (store, call) => store.RemoveAsync(call.ranges, call.cancellationToken),
        static (telemetry, _, removed) => telemetry.Removed(removed));

    public ValueTask<TimeSpan?> GetTimeToLiveAsync(CacheKey key, CancellationToken cancellationToken) => CallAsync(
        CacheOperation.TimeToLive, (key, cancellationToken), static (store, call) => store.GetTimeToLiveAsync(call.key, call.cancellationToken));

    public async ValueTask<SolidCacheStatistics> GetStatisticsAsync(TimeSpan overdueAfter, CancellationToken cancellationToken)
    {
        var statistics = await CallAsync(
            CacheOperation.Statistics,
            (overdueAfter, cancellationToken),
            static (store, call) => store.GetStatisticsAsync(call.overdueAfter, call.cancellationToken)).ConfigureAwait(false);
        figures.Learn(statistics);
        return statistics;
    }

    private ValueTask<T> CallAsync<TState, T>(
        CacheOperation operation, TState state, Func<IEntryStore, TState, ValueTask<T>> work, Action<CacheTelemetry, ObservedCall, T>? tell = null) =>
        telemetry.IsObserved ? ObserveAsync(operation, state, work, tell) : work(store, state);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<T> ObserveAsync<TState, T>(
        CacheOperation operation, TState state, Func<IEntryStore, TState, ValueTask<T>> work, Action<CacheTelemetry, ObservedCall, T>? tell)
    {
        var call = telemetry.Begin(operation);
        try
        {
            var result = await work(store, state).ConfigureAwait(false);
            tell?.Invoke(telemetry, call, result);
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
