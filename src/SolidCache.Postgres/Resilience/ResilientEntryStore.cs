using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Resilience;

/// <summary>
/// Stands before the store and refuses what the breakers refuse; if the application wants that, lets reads miss and drops sets while the
/// server is away. Reads, writes and room for sets have breakers of their own: a full disk stops only one of them.
/// </summary>
internal sealed class ResilientEntryStore(
    IEntryStore store, CircuitBreaker reads, CircuitBreaker writes, CircuitBreaker room, Degradation? degradation, TableName table) : IEntryStore
{
    /// <summary>Instead of a name: the call throws whatever the application chose.</summary>
    private const string? Throws = null;

    public ValueTask<bool> ReadAsync(
        CacheKey key, IBufferWriter<byte> destination, bool slide, bool async, CancellationToken cancellationToken) =>
        IsStale(key)
            ? ValueTask.FromResult(false)
            : CallAsync(
                ReadRefusal(),
                "get",
                key,
                (destination, slide, async, cancellationToken),
                static (store, key, call) => store.ReadAsync(key, call.destination, call.slide, call.async, call.cancellationToken));

    public ValueTask<EntryAge?> ReadAgedAsync(CacheKey key, IBufferWriter<byte> destination, bool slide, CancellationToken cancellationToken) =>
        IsStale(key)
            ? ValueTask.FromResult<EntryAge?>(null)
            : CallAsync(
                ReadRefusal(),
                "get",
                key,
                (destination, slide, cancellationToken),
                static (store, key, call) => store.ReadAgedAsync(key, call.destination, call.slide, call.cancellationToken));

    /// <summary>Whoever gets no lease makes the value for himself: an outage fails nobody here, whatever the application chose.</summary>
    public ValueTask<LeaseAnswer> LeaseAsync(CacheKey key, LeaseTerms terms, bool async, CancellationToken cancellationToken) =>
        MayFill(key) ? UnlessAwayAsync(store.LeaseAsync(key, terms, async, cancellationToken)) : default;

    public ValueTask<LeaseState> RenewAsync(CacheKey key, LeaseTerms terms, bool async, CancellationToken cancellationToken) =>
        UnlessAwayAsync(store.RenewAsync(key, terms, async, cancellationToken));

    /// <summary>
    /// What is not stored is made again: nothing is dropped here that somebody relies on. It is sent twice where its connection broke, as idle ones do while a factory takes its time: its lease
    /// lets it be stored once.
    /// </summary>
    public async ValueTask<bool> FillAsync(CacheKey key, long lease, ReadOnlySequence<byte> value, Expiration expiration, CancellationToken cancellationToken)
    {
        try
        {
            return MayFill(key) && await store.FillAsync(key, lease, value, expiration, cancellationToken).ConfigureAwait(false);
        }
        catch (Outage outage)
        {
            return !outage.TookItsTime && MayFill(key) && await UnlessAwayAsync(store.FillAsync(key, lease, value, expiration, cancellationToken)).ConfigureAwait(false);
        }
    }

    public ValueTask<long> RemoveTagsAsync(IReadOnlyList<CacheKey> tags, CancellationToken cancellationToken) => CallAsync(
        writes.Refusal(mayTry: false), Throws, default, (tags, cancellationToken), static (store, _, call) => store.RemoveTagsAsync(call.tags, call.cancellationToken));

    public ValueTask<bool> RefreshAsync(CacheKey key, bool async, CancellationToken cancellationToken) => CallAsync(
        ReadRefusal(), "refresh", key, (async, cancellationToken), static (store, key, call) => store.RefreshAsync(key, call.async, call.cancellationToken));

    public ValueTask<bool> WriteAsync(
        CacheKey key, ReadOnlySequence<byte> value, Expiration expiration, bool durable, bool async, CancellationToken cancellationToken)
    {
        var write = (value, expiration, durable, async, cancellationToken);
        return degradation is not null
            ? WriteOrDropAsync(degradation, key, write)
            : CallAsync(room.Refusal() ?? writes.Refusal(), Throws, key, write, SetAsync);
    }

    public ValueTask<bool> RemoveAsync(CacheKey key, bool async, CancellationToken cancellationToken) => CallAsync(
        writes.Refusal(), Throws, key, (async, cancellationToken), static (store, key, call) => store.RemoveAsync(key, call.async, call.cancellationToken));

    public ValueTask<long> RemoveAsync(IReadOnlyList<KeyRange> ranges, CancellationToken cancellationToken) => CallAsync(
        writes.Refusal(mayTry: false), Throws, default, (ranges, cancellationToken), static (store, _, call) => store.RemoveAsync(call.ranges, call.cancellationToken));

    public ValueTask<TimeSpan?> GetTimeToLiveAsync(CacheKey key, CancellationToken cancellationToken) =>
        IsStale(key)
            ? ValueTask.FromResult<TimeSpan?>(null)
            : CallAsync(ReadRefusal(), "time_to_live", key, cancellationToken, static (store, key, token) => store.GetTimeToLiveAsync(key, token));

    /// <summary>Health checks want to know how the server is, and not how it was.</summary>
    public ValueTask<SolidCacheStatistics> GetStatisticsAsync(TimeSpan overdueAfter, CancellationToken cancellationToken) => CallAsync(
        refusal: null, Throws, default, (overdueAfter, cancellationToken), static (store, _, call) => store.GetStatisticsAsync(call.overdueAfter, call.cancellationToken));

    private static ValueTask<bool> SetAsync(
        IEntryStore store, CacheKey key, (ReadOnlySequence<byte> Value, Expiration Expiration, bool Durable, bool Async, CancellationToken Token) call) =>
        store.WriteAsync(key, call.Value, call.Expiration, call.Durable, call.Async, call.Token);

    /// <summary>The answer, or none when the server is away.</summary>
    private static async ValueTask<T> UnlessAwayAsync<T>(ValueTask<T> call)
        where T : struct
    {
        try
        {
            return await call.ConfigureAwait(false);
        }
        catch (Outage)
        {
            return default;
        }
    }

    private bool MayFill(CacheKey key) =>
        (room.Refusal(mayTry: false) ?? writes.Refusal(mayTry: false)) is null && !IsStale(key) && degradation?.IsBlind(key) is not true;

    /// <summary>Where sets may be dropped, who could not write what he makes of it does not read either: with the set the cache would drop what was read.</summary>
    private Exception? ReadRefusal() => (degradation is null ? null : writes.AwayBecause(servesOthers: reads.State == BreakerState.Closed)) ?? reads.Refusal();

    private bool IsStale(CacheKey key) => degradation is { HasStale: true } && degradation.IsStale(key);

    private async ValueTask<bool> WriteOrDropAsync(
        Degradation degraded, CacheKey key, (ReadOnlySequence<byte> Value, Expiration Expiration, bool Durable, bool Async, CancellationToken Token) write)
    {
        if (degraded.IsBlind(key))
        {
            degraded.LeftAlone();
            return false;
        }

        var began = degraded.Begins();
        // While others try, this one goes beside them: its key may have been read.
        var refusal = room.Refusal() ?? writes.Refusal(mayTry: false);
        var error = refusal is null ? null : (Exception)Refusal.Of(table, refusal);
        if (error is null)
        {
            try
            {
                await SetAsync(store, key, write).ConfigureAwait(false);
                degraded.Overwritten(key, began);
                return true;
            }
            catch (Outage outage)
            {
                error = outage.Cause;
            }
        }

        if (!degraded.TryDrop(key, began, error))
        {
            ExceptionDispatchInfo.Throw(error);
        }

        return false;
    }

    /// <param name="refusal">Why the call may not pass, or null.</param>
    /// <param name="operation">The call's name if an outage may end it as if nothing was there; <see cref="Throws"/> when it may not.</param>
    /// <param name="key">Of a call that has one.</param>
    /// <param name="state">Handed to <paramref name="work"/>.</param>
    /// <param name="work">The call.</param>
    private ValueTask<TResult> CallAsync<TState, TResult>(
        Exception? refusal, string? operation, CacheKey key, TState state, Func<IEntryStore, CacheKey, TState, ValueTask<TResult>> work)
    {
        if (refusal is null)
        {
            return GuardAsync(operation, key, state, work);
        }

        return operation is null || degradation is null
            ? ValueTask.FromException<TResult>(Refusal.Of(table, refusal))
            : ValueTask.FromResult(degradation.Miss<TResult>(operation, key, Refusal.Of(table, refusal)));
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<TResult> GuardAsync<TState, TResult>(
        string? operation, CacheKey key, TState state, Func<IEntryStore, CacheKey, TState, ValueTask<TResult>> work)
    {
        try
        {
            var result = await work(store, key, state).ConfigureAwait(false);
            if (operation is not null)
            {
                degradation?.Seen(key);
            }

            return result;
        }
        catch (Outage outage)
        {
            if (operation is null || degradation is null)
            {
                outage.ThrowCause();
            }

            return degradation.Miss<TResult>(operation, key, outage.Cause);
        }
    }
}
