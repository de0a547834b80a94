using System.Diagnostics.CodeAnalysis;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Leasing;

/// <summary>A lease that somebody has: renewed until it is freed, or used up by what was stored under it.</summary>
internal sealed class Lease : ISolidCacheLock
{
    /// <summary>So that one may fail.</summary>
    private const int RenewalsInALease = 3;

    private readonly IEntryStore _store;
    private readonly CacheKey _key;
    private readonly LeaseTerms _terms;
    private readonly TimeProvider _time;
    private readonly PeriodicTimer _renewals;
    private readonly Task _renewing;
    private int _isFree;

    public Lease(IEntryStore store, CacheKey key, LeaseTerms terms, TimeProvider time)
    {
        (_store, _key, _terms, _time) = (store, key, terms, time);
        _renewals = new(terms.Duration / RenewalsInALease, time);
        _renewing = RenewAsync();
    }

    /// <summary>By which what is made under it is stored.</summary>
    public long Id => _terms.Id;

    private LeaseTerms Ended => _terms with { Duration = TimeSpan.Zero };

    /// <summary>Asks for one. Who leaves does not leave a lease behind that nobody knows of.</summary>
    /// <returns>Null when there was no answer in time.</returns>
    public static async ValueTask<LeaseAnswer?> AskAsync(
        IEntryStore store, CacheKey key, LeaseTerms terms, TimeSpan within, TimeProvider time, CancellationToken cancellationToken)
    {
        var answer = store.LeaseAsync(key, terms, async: true, CancellationToken.None).AsTask();
        await ((Task)answer).WaitAsync(within, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (answer.IsCompleted)
        {
            // Also one that came just when the time was over.
            return await answer.ConfigureAwait(false);
        }

        _ = FreeLateAsync(store, answer, key, terms, time);
        cancellationToken.ThrowIfCancellationRequested();
        return null;
    }

    /// <summary>From now on it is not renewed any more.</summary>
    public void Stop() => _renewals.Dispose();

    /// <summary>The same, and waits for a renewal that is under way.</summary>
    public Task StopAsync()
    {
        Stop();
        return _renewing;
    }

    /// <summary>Frees it, after a renewal that is under way: that would take it again.</summary>
    /// <returns>Whether it was there still.</returns>
    public async Task<bool> FreeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        return Interlocked.Exchange(ref _isFree, 1) == 0 && Freed(await TryRenewAsync(Ended, async: true).ConfigureAwait(false));
    }

    public async ValueTask DisposeAsync() => await FreeAsync().ConfigureAwait(false);

    public void Dispose()
    {
        // What waits between two renewals ends in this call, and needs no thread of the pool.
        Stop();
        ((IAsyncResult)_renewing).AsyncWaitHandle.WaitOne();
        if (Interlocked.Exchange(ref _isFree, 1) == 0)
        {
            Freed(TryRenewAsync(Ended, async: false).Completed());
        }
    }

    private static async Task FreeLateAsync(IEntryStore store, Task<LeaseAnswer> answer, CacheKey key, LeaseTerms terms, TimeProvider time)
    {
        await ((Task)answer).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (answer.IsCompletedSuccessfully && (await answer.ConfigureAwait(false)).State == LeaseState.Granted)
        {
            await new Lease(store, key, terms, time).FreeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Whoever has it by now is not disturbed: his lease has another name.</summary>
    private async Task RenewAsync()
    {
        while (await _renewals.WaitForNextTickAsync().ConfigureAwait(false))
        {
            await TryRenewAsync(_terms, async: true).ConfigureAwait(false);
        }
    }

    /// <summary>Whoever has locked its row for a moment would else leave it to nobody until it ends by itself: it is freed when he has gone.</summary>
    private bool Freed(LeaseState state)
    {
        if (state == LeaseState.Locked)
        {
            _ = FreeWhenUnlockedAsync();
        }

        return state == LeaseState.Granted;
    }

    private async Task FreeWhenUnlockedAsync()
    {
        var began = _time.GetTimestamp();
        for (var tries = 1; _time.GetElapsedTime(began) < _terms.Duration; tries++)
        {
            await Task.Delay(LeasePause.After(tries, Random.Shared.NextDouble()), _time).ConfigureAwait(false);
            if (await TryRenewAsync(Ended, async: true).ConfigureAwait(false) != LeaseState.Locked)
            {
                return;
            }
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "The next renewal is tried in its turn; what is not freed ends by itself, and its value is not stored.")]
    private async ValueTask<LeaseState> TryRenewAsync(LeaseTerms terms, bool async)
    {
        try
        {
            return await _store.RenewAsync(_key, terms, async, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception)
        {
            return LeaseState.Unavailable;
        }
    }
}
