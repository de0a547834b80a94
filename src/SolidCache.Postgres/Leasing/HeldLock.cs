using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Leasing;

/// <summary>A lease that is renewed until it is disposed of.</summary>
internal sealed class HeldLock : ISolidCacheLock
{
    /// <summary>So that one may fail.</summary>
    private const int RenewalsInALease = 3;

    private readonly IEntryStore _store;
    private readonly CacheKey _key;
    private readonly LeaseTerms _terms;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _ending = new();
    private readonly Task _renewing;
    private int _isFree;

    public HeldLock(IEntryStore store, CacheKey key, LeaseTerms terms, TimeProvider time)
    {
        (_store, _key, _terms, _time) = (store, key, terms, time);
        _renewing = RenewAsync(_ending.Token);
    }

    private LeaseTerms Freed => _terms with { Duration = TimeSpan.Zero };

    /// <summary>A renewal that is under way would take the lock again.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isFree, 1) == 0)
        {
            await _ending.CancelAsync().ConfigureAwait(false);
            await _renewing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _ending.Dispose();
            await TryRenewAsync(Freed, async: true).ConfigureAwait(false);
        }
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isFree, 1) == 0)
        {
            // What waits between two renewals ends in this call, and needs no thread of the pool.
            _ending.Cancel();
            ((IAsyncResult)_renewing).AsyncWaitHandle.WaitOne();
            _ending.Dispose();
            var call = TryRenewAsync(Freed, async: false);
            Debug.Assert(call.IsCompleted, "A call with async: false must complete before it returns.");
            call.GetAwaiter().GetResult();
        }
    }

    /// <summary>Whoever has it by now is not disturbed: his lease has another name.</summary>
    private async Task RenewAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await Task.Delay(_terms.Duration / RenewalsInALease, _time, cancellationToken).ConfigureAwait(false);
            await TryRenewAsync(_terms, async: true).ConfigureAwait(false);
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "The next renewal is tried in its turn; what is not freed ends by itself.")]
    private async ValueTask TryRenewAsync(LeaseTerms terms, bool async)
    {
        try
        {
            await _store.RenewAsync(_key, terms, async, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // Promised in the documentation of the lock.
        }
    }
}
