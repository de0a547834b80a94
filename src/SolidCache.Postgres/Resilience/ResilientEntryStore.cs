using System.Buffers;
using System.Runtime.CompilerServices;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Resilience;

/// <summary>
/// Stands before the store and refuses what the breakers refuse; if the application wants that, lets reads miss and drops sets while the
/// server is away. Reads and writes have breakers of their own: a full disk stops only one of them.
/// </summary>
internal sealed class ResilientEntryStore(IEntryStore store, CircuitBreaker reads, CircuitBreaker writes, Degradation? degradation, TableName table)
    : IEntryStore
{
    /// <summary>Instead of a name: the call throws whatever the application chose.</summary>
    private const string? Throws = null;

    public ValueTask<bool> ReadAsync(
        CacheKey key, IBufferWriter<byte> destination, bool slide, bool async, CancellationToken cancellationToken) =>
        IsStale(key)
            ? ValueTask.FromResult(false)
            : CallAsync(
                reads,
                "get",
                (key, destination, slide, async, cancellationToken),
                static (store, call) => store.ReadAsync(call.key, call.destination, call.slide, call.async, call.cancellationToken));

    public ValueTask RefreshAsync(CacheKey key, bool async, CancellationToken cancellationToken) =>
        CallAsync(reads, "refresh", (key, async, cancellationToken), static (store, call) => store.RefreshAsync(call.key, call.async, call.cancellationToken));

    public ValueTask WriteAsync(
        CacheKey key, ReadOnlySequence<byte> value, Expiration expiration, bool durable, bool async, CancellationToken cancellationToken)
    {
        var write = (key, value, expiration, durable, async, cancellationToken);
        return degradation is null ? WriteAsync(write) : WriteOrDropAsync(degradation, write);
    }

    public ValueTask RemoveAsync(CacheKey key, bool async, CancellationToken cancellationToken) =>
        OnlyRoomIsMissing
            ? store.RemoveAsync(key, async, cancellationToken)
            : CallAsync(writes, Throws, (key, async, cancellationToken), static (store, call) => store.RemoveAsync(call.key, call.async, call.cancellationToken));

    public ValueTask<long> RemoveAsync(IReadOnlyList<KeyRange> ranges, CancellationToken cancellationToken) =>
        OnlyRoomIsMissing
            ? store.RemoveAsync(ranges, cancellationToken)
            : CallAsync(writes, Throws, (ranges, cancellationToken), static (store, call) => store.RemoveAsync(call.ranges, call.cancellationToken));

    public ValueTask<TimeSpan?> GetTimeToLiveAsync(CacheKey key, CancellationToken cancellationToken) =>
        IsStale(key)
            ? ValueTask.FromResult<TimeSpan?>(null)
            : CallAsync(reads, "time_to_live", (key, cancellationToken), static (store, call) => store.GetTimeToLiveAsync(call.key, call.cancellationToken));

    /// <summary>Health checks want to know how the server is, and not how it was.</summary>
    public ValueTask<SolidCacheStatistics> GetStatisticsAsync(TimeSpan overdueAfter, CancellationToken cancellationToken) =>
        store.GetStatisticsAsync(overdueAfter, cancellationToken);

    /// <summary>Removals pass sets that fail on a full disk: they need no room, and say nothing about whether there is some.</summary>
    private bool OnlyRoomIsMissing => writes.LastError is { } error && Failure.IsDiskFull(error);

    private bool IsStale(CacheKey key) => degradation is { HasStale: true } && degradation.IsStale(key);

    private ValueTask WriteAsync((CacheKey Key, ReadOnlySequence<byte> Value, Expiration Expiration, bool Durable, bool Async, CancellationToken Token) write) =>
        CallAsync(writes, Throws, write, static (store, call) => store.WriteAsync(call.Key, call.Value, call.Expiration, call.Durable, call.Async, call.Token));

    private async ValueTask WriteOrDropAsync(
        Degradation degraded, (CacheKey Key, ReadOnlySequence<byte> Value, Expiration Expiration, bool Durable, bool Async, CancellationToken Token) write)
    {
        var before = degraded.StampOf(write.Key);
        var error = writes.Refusal();
        if (error is null)
        {
            try
            {
                await GuardAsync(
                    writes, Throws, write, static (store, call) => store.WriteAsync(call.Key, call.Value, call.Expiration, call.Durable, call.Async, call.Token)).ConfigureAwait(false);
                degraded.Overwritten(write.Key, before);
                return;
            }
            catch (Exception outage) when (Failure.IsOutage(outage))
            {
                error = outage;
            }
        }

        degraded.Dropped(write.Key, error, this);
    }

    private SolidCacheException Refused(Exception reason) =>
        new($"The cache {table} is not asked until its server answers again, which is looked after every two seconds or more often. What it failed with: {reason.Message}", reason)
        {
            IsTransient = true,
        };

    /// <param name="breaker">Asked whether the call may pass, and told how it ended.</param>
    /// <param name="operation">The call's name if an outage may end it as if nothing was there; <see cref="Throws"/> when it may not.</param>
    /// <param name="state">Handed to <paramref name="work"/>.</param>
    /// <param name="work">The call.</param>
    private ValueTask<TResult> CallAsync<TState, TResult>(
        CircuitBreaker breaker, string? operation, TState state, Func<IEntryStore, TState, ValueTask<TResult>> work)
    {
        if (breaker.Refusal() is not { } reason)
        {
            return GuardAsync(breaker, operation, state, work);
        }

        return operation is null || degradation is null ? ValueTask.FromException<TResult>(Refused(reason)) : degradation.Miss<TResult>(operation, reason);
    }

    /// <summary>The same for calls without a result.</summary>
    private ValueTask CallAsync<TState>(CircuitBreaker breaker, string? operation, TState state, Func<IEntryStore, TState, ValueTask> work)
    {
        if (breaker.Refusal() is not { } reason)
        {
            return GuardAsync(breaker, operation, state, work);
        }

        return operation is null || degradation is null ? ValueTask.FromException(Refused(reason)) : degradation.Drop(operation, reason);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<TResult> GuardAsync<TState, TResult>(
        CircuitBreaker breaker, string? operation, TState state, Func<IEntryStore, TState, ValueTask<TResult>> work)
    {
        var successes = breaker.Successes;
        try
        {
            var result = await work(store, state).ConfigureAwait(false);
            breaker.Succeeded();
            return result;
        }
        catch (Exception error)
        {
            Tell(breaker, error, successes);
            if (operation is null || degradation is null || !Failure.IsOutage(error))
            {
                throw;
            }

            return await degradation.Miss<TResult>(operation, error).ConfigureAwait(false);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask GuardAsync<TState>(CircuitBreaker breaker, string? operation, TState state, Func<IEntryStore, TState, ValueTask> work)
    {
        var successes = breaker.Successes;
        try
        {
            await work(store, state).ConfigureAwait(false);
            breaker.Succeeded();
        }
        catch (Exception error)
        {
            Tell(breaker, error, successes);
            if (operation is null || degradation is null || !Failure.IsOutage(error))
            {
                throw;
            }

            await degradation.Drop(operation, error).ConfigureAwait(false);
        }
    }

    private static void Tell(CircuitBreaker breaker, Exception error, long successesBefore)
    {
        if (Failure.IsServersFault(error))
        {
            breaker.Failed(error, successesBefore);
        }
        else
        {
            breaker.Abandoned();
        }
    }
}
