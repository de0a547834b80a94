using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Leasing;

/// <summary>Locks on leases of rows that never become entries.</summary>
/// <param name="store">Gives the leases.</param>
/// <param name="keys">No entry's.</param>
/// <param name="life">Of the cache.</param>
/// <param name="time">The system's.</param>
internal sealed class LeaseLocks(IEntryStore store, KeySpace keys, CacheLife life, TimeProvider time) : ISolidCacheLocks
{
    /// <summary>How long the server's answer is waited for at least: an answer that nobody waits for is a lock that nobody has until it is freed again.</summary>
    private static readonly TimeSpan LeastAnswer = TimeSpan.FromMilliseconds(250);

    /// <summary>What timers tell apart: with less left, nobody waits once more.</summary>
    private static readonly TimeSpan LeastPause = TimeSpan.FromMilliseconds(1);

    public async Task<ISolidCacheLock?> TryAcquireAsync(string name, TimeSpan timeout, TimeSpan? duration = null, CancellationToken token = default) =>
        await AcquireAsync(name, timeout, duration, async: true, token).ConfigureAwait(false);

    public ISolidCacheLock? TryAcquire(string name, TimeSpan timeout, TimeSpan? duration = null, CancellationToken token = default) =>
        AcquireAsync(name, timeout, duration, async: false, token).Completed();

    private async ValueTask<ISolidCacheLock?> AcquireAsync(string name, TimeSpan timeout, TimeSpan? duration, bool async, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (timeout != Timeout.InfiniteTimeSpan)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(timeout, TimeSpan.Zero);
        }

        // The one rule for the duration of a lease.
        var lease = new SolidCacheEntryOptions();
        lease.LeaseDuration = duration ?? lease.LeaseDuration;
        var terms = new LeaseTerms(Random.Shared.NextInt64(1, long.MaxValue), lease.LeaseDuration, StaleFor: TimeSpan.Zero, Tags: null, Ahead: 0);
        var key = keys.Map(name);
        var began = time.GetTimestamp();
        for (var looks = 1; ; looks++)
        {
            life.ThrowIfOver();
            cancellationToken.ThrowIfCancellationRequested();
            var state = async
                ? (await Lease.AskAsync(store, key, terms, AnswerWithin(), time, cancellationToken).ConfigureAwait(false))?.State
                : (await store.LeaseAsync(key, terms, async, CancellationToken.None).ConfigureAwait(false)).State;
            switch (state)
            {
                case LeaseState.Granted:
                    return new Lease(store, key, terms, time);
                case LeaseState.Unavailable:
                    throw new SolidCacheException("No lock can be had: the database is away, or this cache may not write to it.") { IsTransient = true };
            }

            cancellationToken.ThrowIfCancellationRequested();
            if (Left() is var left && left != Timeout.InfiniteTimeSpan && left < LeastPause)
            {
                return null;
            }

            var pause = LeasePause.After(looks, Random.Shared.NextDouble());
            await PauseAsync(left == Timeout.InfiniteTimeSpan || pause < left ? pause : left, async, cancellationToken).ConfigureAwait(false);
        }

        TimeSpan AnswerWithin() => timeout == TimeSpan.Zero || timeout == Timeout.InfiniteTimeSpan ? Timeout.InfiniteTimeSpan : Left() is var left && left > LeastAnswer ? left : LeastAnswer;

        TimeSpan Left() => timeout == Timeout.InfiniteTimeSpan ? timeout : TimeSpan.FromTicks(long.Max(0, (timeout - time.GetElapsedTime(began)).Ticks));
    }

    private async ValueTask PauseAsync(TimeSpan pause, bool async, CancellationToken cancellationToken)
    {
        if (async)
        {
            await Task.Delay(pause, time, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            cancellationToken.WaitHandle.WaitOne(pause);
        }
    }
}
