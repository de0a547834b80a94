using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using SolidCache.Postgres.Diagnostics;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Leasing;

/// <summary>
/// Runs factories under leases. A lease is taken before the factory reads anything and is gone when anybody removes or replaces the entry, so that what was
/// read before a change is never stored after it (Nishtala et al., "Scaling Memcache at Facebook", NSDI 2013).
/// </summary>
internal sealed class LeasedFactory(
    IEntryStore store, Func<SolidCacheEntryOptions, Expiration> expirationOf, int maxValueBytes, TimeProvider time, Log log)
    : IDisposable
{
    /// <summary>More than is left of any life: who wants none of what is there replaces it, under a lease all the same.</summary>
    private const double Replaces = 2;

    [SuppressMessage("Usage", "CA2213", Justification = "What is made in the background may end later.")]
    private readonly CancellationTokenSource _ending = new();

    /// <summary>Gets what is cancelled when the cache ends, and nobody needs what is made in the background.</summary>
    public CancellationToken Ending => _ending.Token;

    /// <summary>Makes the value of an entry that is not there, or waits for whoever does; or of one whose value the caller does not want.</summary>
    public async ValueTask<Creation.Made> MakeAsync<TState>(Recipe<TState> recipe, Creation creation)
    {
        if (!recipe.Limits.TakesLease)
        {
            return await MakeUnstoredAsync(recipe, creation).ConfigureAwait(false);
        }

        var reads = !recipe.Limits.SkipsRead;
        var terms = recipe.Ask(reads ? 0 : Replaces);
        var began = time.GetTimestamp();
        for (var looks = 1; ; looks++)
        {
            var stage = creation.Asks();
            var askedAt = time.GetTimestamp();
            var answer = await AskAsync(recipe.Key, terms, looks == 1 ? LeftOf(recipe, recipe.Began) : recipe.Limits.Patience).ConfigureAwait(false);
            switch (answer)
            {
                case { State: LeaseState.Live, Value: { } live, Age: var age } when reads:
                    return new(live, stage, IsStored: false, age, askedAt);

                case { State: LeaseState.Granted, Value: { } stale } when reads:
                    _ = RefreshUnderAsync(recipe, terms);
                    return new(stale, stage, IsStored: false);

                case { State: LeaseState.Granted }:
                    return await MakeUnderAsync(recipe, terms, creation, creation.Abandoned).ConfigureAwait(false);

                case { State: LeaseState.Held, Value: { } stale } when reads:
                    return new(stale, stage, IsStored: false);

                case { State: LeaseState.Held } when reads && time.GetElapsedTime(began) < recipe.Options.LeaseWait:
                // By a removal or a set of another caller's, most often, which ends within a moment.
                case { State: LeaseState.Locked } when looks == 1:
                    await Task.Delay(LeasePause.After(looks, Random.Shared.NextDouble()), time, creation.Abandoned).ConfigureAwait(false);
                    break;

                default:
                    stage = creation.Reads(isForNobodyLater: true);
                    return new(await recipe.MakeAsync(creation.Abandoned).ConfigureAwait(false), stage, IsStored: false);
            }
        }
    }

    /// <summary>Makes the value of an entry anew that will expire soon.</summary>
    /// <returns>Whether it was stored.</returns>
    public async ValueTask<bool> RefreshAsync<TState>(Recipe<TState> recipe)
    {
        var terms = recipe.Ask(recipe.Options.RefreshBefore);
        var answer = await AskAsync(recipe.Key, terms, Timeout.InfiniteTimeSpan).ConfigureAwait(false);
        return answer is { State: LeaseState.Granted } && await RefreshUnderAsync(recipe, terms).ConfigureAwait(false);
    }

    public void Dispose() => _ending.Cancel();

    /// <remarks>Where callers have left the table out themselves, also who comes while the factory runs may have what it makes.</remarks>
    private static async ValueTask<Creation.Made> MakeUnstoredAsync<TState>(Recipe<TState> recipe, Creation creation)
    {
        var limits = recipe.Limits;
        if (limits.SkipsFactory)
        {
            return new(Value: null, creation.Asks(), IsStored: false);
        }

        var stage = creation.Reads(isForNobodyLater: limits.IsAway);
        var made = await recipe.MakeAsync(creation.Abandoned).ConfigureAwait(false);
        creation.Close();
        return new(made, stage, IsStored: false, MayShare: !limits.IsAway);
    }

    [SuppressMessage("Design", "CA1031", Justification = "Without a lease the value is made all the same.")]
    private async ValueTask<LeaseAnswer?> AskAsync(CacheKey key, LeaseTerms terms, TimeSpan within)
    {
        try
        {
            return await Lease.AskAsync(store, key, terms, within, time, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception)
        {
            return default(LeaseAnswer);
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "Nobody waits for it; the old value is served until it may not be any more.")]
    private async Task<bool> RefreshUnderAsync<TState>(Recipe<TState> recipe, LeaseTerms terms)
    {
        try
        {
            return (await MakeUnderAsync(recipe, terms, new(), Ending).ConfigureAwait(false)).IsStored;
        }
        catch (Exception error)
        {
            if (!Ending.IsCancellationRequested)
            {
                log.RefreshFailed(error);
            }

            return false;
        }
    }

    private async ValueTask<Creation.Made> MakeUnderAsync<TState>(Recipe<TState> recipe, LeaseTerms terms, Creation creation, CancellationToken cancellationToken)
    {
        var lease = new Lease(store, recipe.Key, terms, time);
        // A factory that goes on when nobody waits any more keeps its lease no longer than it has it.
        using var abandoned = cancellationToken.UnsafeRegister(static state => ((Lease)state!).Stop(), lease);
        var endedAt = 0L;
        try
        {
            var stage = creation.Reads();
            cancellationToken.ThrowIfCancellationRequested();
            var value = await recipe.MakeAsync(cancellationToken).ConfigureAwait(false);
            creation.Close();
            endedAt = time.GetTimestamp();
            return await FillAsync(recipe, lease, new(value, stage, IsStored: false, ReadAt: endedAt)).ConfigureAwait(false);
        }
        catch
        {
            endedAt = time.GetTimestamp();
            await WithinAsync(recipe, lease.FreeAsync(), endedAt).ConfigureAwait(false);
            throw;
        }
        finally
        {
            await WithinAsync(recipe, lease.StopAsync(), endedAt).ConfigureAwait(false);
        }
    }

    /// <summary>Waits for what the caller needs not, but all in all not for longer than he would for what he needs.</summary>
    private async Task WithinAsync<TState>(Recipe<TState> recipe, Task work, long endedAt) =>
        await work.WaitAsync(LeftOf(recipe, endedAt), time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    /// <summary>Of the time that a caller waits for the server before his value is made, or until it is stored.</summary>
    private TimeSpan LeftOf<TState>(Recipe<TState> recipe, long since) =>
        recipe.Limits.Budget is not { } budget ? Timeout.InfiniteTimeSpan : budget - time.GetElapsedTime(since) is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero;

    /// <summary>What cannot be stored is returned all the same.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "The value is there, whatever became of its entry.")]
    private async ValueTask<Creation.Made> FillAsync<TState>(Recipe<TState> recipe, Lease lease, Creation.Made made)
    {
        var most = recipe.Limits.MaxValueBytes ?? maxValueBytes;
        if (made.Value is not { } value || value.Length > most)
        {
            if (made.Value is not null)
            {
                log.ValueTooLarge(made.Value.Length, most);
            }

            // Where the lease was there still, nobody has removed the entry; of its tags it says nothing.
            var freeing = lease.FreeAsync();
            await WithinAsync(recipe, freeing, made.ReadAt).ConfigureAwait(false);
            return made with { MayShare = recipe.Tags is null && freeing.IsCompletedSuccessfully && await freeing.ConfigureAwait(false) };
        }

        try
        {
            if (await store.FillAsync(recipe.Key, lease.Id, new ReadOnlySequence<byte>(value), expirationOf(recipe.Options), CancellationToken.None)
                .AsTask().WithinAsync(LeftOf(recipe, made.ReadAt), time).ConfigureAwait(false))
            {
                return made with { IsStored = true, Age = recipe.Fresh };
            }
        }
        catch (Exception error)
        {
            log.FillFailed(error.GetType().Name);
        }

        await WithinAsync(recipe, lease.FreeAsync(), made.ReadAt).ConfigureAwait(false);
        return made;
    }
}
