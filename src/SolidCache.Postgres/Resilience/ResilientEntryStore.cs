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
    public ValueTask<bool> ReadAsync(
        CacheKey key, IBufferWriter<byte> destination, bool slide, bool async, CancellationToken cancellationToken)
    {
        if (degradation is { HasStale: true } && degradation.IsStale(key))
        {
            return ValueTask.FromResult(false);
        }

        if (reads.Refusal() is { } reason)
        {
            return degradation is null ? ValueTask.FromException<bool>(Refused(reason)) : degradation.Miss<bool>("get", reason);
        }

        return GuardAsync(
            reads, (key, destination, slide, async, cancellationToken), "get", static (store, call) => store.ReadAsync(call.key, call.destination, call.slide, call.async, call.cancellationToken));
    }

    public ValueTask RefreshAsync(CacheKey key, bool async, CancellationToken cancellationToken)
    {
        if (reads.Refusal() is { } reason)
        {
            return degradation is null ? ValueTask.FromException(Refused(reason)) : degradation.Drop("refresh", reason);
        }

        return GuardAsync(
            reads, (key, async, cancellationToken), "refresh", static (store, call) => store.RefreshAsync(call.key, call.async, call.cancellationToken));
    }

    public ValueTask WriteAsync(
        CacheKey key, ReadOnlySequence<byte> value, Expiration expiration, bool durable, bool async, CancellationToken cancellationToken)
    {
        if (degradation is not null)
        {
            return WriteOrDropAsync(degradation, key, value, expiration, durable, async, cancellationToken);
        }

        return writes.Refusal() is { } reason
            ? ValueTask.FromException(Refused(reason))
            : GuardAsync(
                writes,
                (key, value, expiration, durable, async, cancellationToken),
                operation: null,
                static (store, call) => store.WriteAsync(call.key, call.value, call.expiration, call.durable, call.async, call.cancellationToken));
    }

    public ValueTask RemoveAsync(CacheKey key, bool async, CancellationToken cancellationToken) =>
        writes.Refusal() is { } reason
            ? ValueTask.FromException(Refused(reason))
            : GuardAsync(
                writes, (key, async, cancellationToken), operation: null, static (store, call) => store.RemoveAsync(call.key, call.async, call.cancellationToken));

    public ValueTask<long> RemoveAsync(IReadOnlyList<KeyRange> ranges, CancellationToken cancellationToken) =>
        writes.Refusal() is { } reason
            ? ValueTask.FromException<long>(Refused(reason))
            : GuardAsync(writes, (ranges, cancellationToken), operation: null, static (store, call) => store.RemoveAsync(call.ranges, call.cancellationToken));

    public ValueTask<TimeSpan?> GetTimeToLiveAsync(CacheKey key, CancellationToken cancellationToken)
    {
        if (degradation is { HasStale: true } && degradation.IsStale(key))
        {
            return ValueTask.FromResult<TimeSpan?>(null);
        }

        if (reads.Refusal() is { } reason)
        {
            return degradation is null ? ValueTask.FromException<TimeSpan?>(Refused(reason)) : degradation.Miss<TimeSpan?>("time_to_live", reason);
        }

        return GuardAsync(reads, (key, cancellationToken), "time_to_live", static (store, call) => store.GetTimeToLiveAsync(call.key, call.cancellationToken));
    }

    /// <summary>Health checks want to know how the server is, and not how it was.</summary>
    public ValueTask<SolidCacheStatistics> GetStatisticsAsync(TimeSpan overdueAfter, CancellationToken cancellationToken) =>
        store.GetStatisticsAsync(overdueAfter, cancellationToken);

    private async ValueTask WriteOrDropAsync(
        Degradation degraded, CacheKey key, ReadOnlySequence<byte> value, Expiration expiration, bool durable, bool async, CancellationToken cancellationToken)
    {
        var before = degraded.StampOf(key);
        var error = writes.Refusal();
        if (error is null)
        {
            try
            {
                await GuardAsync(
                    writes,
                    (key, value, expiration, durable, async, cancellationToken),
                    operation: null,
                    static (store, call) => store.WriteAsync(call.key, call.value, call.expiration, call.durable, call.async, call.cancellationToken)).ConfigureAwait(false);
                degraded.Overwritten(key, before);
                return;
            }
            catch (Exception outage) when (Failure.IsOutage(outage))
            {
                error = outage;
            }
        }

        degraded.Dropped(key, error, this);
    }

    private SolidCacheException Refused(Exception reason) =>
        new($"The cache {table} is not asked until its server answers again, which is looked after every two seconds or more often. What it failed with: {reason.Message}", reason)
        {
            IsTransient = true,
        };

    /// <param name="breaker">Told how the call ended.</param>
    /// <param name="state">Handed to <paramref name="work"/>.</param>
    /// <param name="operation">The call's name if an outage may end it as if nothing was there; null when it throws.</param>
    /// <param name="work">The call.</param>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<TResult> GuardAsync<TState, TResult>(
        CircuitBreaker breaker, TState state, string? operation, Func<IEntryStore, TState, ValueTask<TResult>> work)
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
    private async ValueTask GuardAsync<TState>(CircuitBreaker breaker, TState state, string? operation, Func<IEntryStore, TState, ValueTask> work)
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
