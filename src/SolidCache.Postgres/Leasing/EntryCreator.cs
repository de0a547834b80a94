using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Transactions;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Leasing;

/// <summary>
/// Reads an entry, or has its value made: by one caller of this process (<see cref="Creation"/>) and, as long as the server gives leases, by one of all nodes.
/// </summary>
internal sealed class EntryCreator(IEntryStore store, LeasedFactory leased, bool slidesOnRead, TimeProvider time)
{
    private readonly ConcurrentDictionary<(CacheKey Key, TimeSpan StaleFor, RecipeLimits Limits), Creation> _creations = new();
    private readonly ConcurrentDictionary<CacheKey, bool> _refreshed = new();

    public async ValueTask<byte[]> GetOrCreateAsync<TState>(Recipe<TState> recipe, CancellationToken cancellationToken)
    {
        for (var mayShare = true; ; mayShare = false)
        {
            var value = new ArrayReceiver();
            if (await ReadAsync(recipe, value, cancellationToken).ConfigureAwait(false))
            {
                return value.Array;
            }

            if (await TryJoinAsync(recipe, mayShare, cancellationToken).ConfigureAwait(false) is { } made)
            {
                return made.Value!;
            }
        }
    }

    /// <summary>The same in one question to the server, which answers with the value or a lease; and with what is known of the entry.</summary>
    public async ValueTask<Creation.Made> GetOrLeaseAsync<TState>(Recipe<TState> recipe, CancellationToken cancellationToken)
    {
        for (var mayShare = true; ; mayShare = false)
        {
            if (await TryJoinAsync(recipe, mayShare, cancellationToken).ConfigureAwait(false) is { } made)
            {
                return made;
            }
        }
    }

    private async ValueTask<Creation.Made?> TryJoinAsync<TState>(Recipe<TState> recipe, bool mayShare, CancellationToken cancellationToken)
    {
        var (creation, joinedAt) = Join(recipe, mayShare);
        var made = await creation.WaitAsync(cancellationToken).ConfigureAwait(false);
        return made.IsFor(joinedAt) ? made : null;
    }

    private async ValueTask<bool> ReadAsync<TState>(Recipe<TState> recipe, ArrayReceiver value, CancellationToken cancellationToken)
    {
        var refreshBefore = recipe.Options.RefreshBefore;
        if (refreshBefore == 0)
        {
            return await store.ReadAsync(recipe.Key, value, slidesOnRead, async: true, cancellationToken).ConfigureAwait(false);
        }

        var age = await store.ReadAgedAsync(recipe.Key, value, slidesOnRead, cancellationToken).ConfigureAwait(false);
        if (age?.LifeLeft < refreshBefore && _refreshed.TryAdd(recipe.Key, true))
        {
            _ = RefreshAsync(recipe);
        }

        return age is not null;
    }

    /// <param name="recipe">How the value is made.</param>
    /// <param name="mayShare">False for who has waited in vain already: he joins nothing that reads already.</param>
    private (Creation Creation, int JoinedAt) Join<TState>(Recipe<TState> recipe, bool mayShare)
    {
        var place = (recipe.Key, recipe.Options.AllowStaleFor, recipe.Limits);
        while (true)
        {
            var fresh = new Creation();
            var creation = _creations.GetOrAdd(place, fresh);
            if (creation == fresh)
            {
                fresh.TryJoin();
                _ = RunAsync(recipe, fresh, () => _creations.TryRemove(new(place, fresh)));
                return (fresh, 0);
            }

            if (!mayShare && creation.IsReading)
            {
                fresh.TryJoin();
                _ = RunAsync(recipe, fresh, static () => true);
                return (fresh, 0);
            }

            if (creation.TryJoin() is { } stage)
            {
                return (creation, stage);
            }

            // It has just ended, and makes place.
            _creations.TryRemove(new(place, creation));
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever the factory throws is the answer of those who wait.")]
    private async Task RunAsync<TState>(Recipe<TState> recipe, Creation creation, Func<bool> leave)
    {
        // Not on the caller's context: others wait for this too, and it may be busy.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        using var alone = OutsideOfTransactions();
        try
        {
            var made = await leased.MakeAsync(recipe, creation).ConfigureAwait(false);
            leave();
            creation.End(made);
        }
        catch (Exception error)
        {
            leave();
            creation.Fail(error);
        }
    }

    /// <summary>A value is for all who share it: none is made of what one of them has not committed yet.</summary>
    private static TransactionScope? OutsideOfTransactions() =>
        Transaction.Current is null ? null : new(TransactionScopeOption.Suppress, TransactionScopeAsyncFlowOption.Enabled);

    private async Task RefreshAsync<TState>(Recipe<TState> recipe)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        using var alone = OutsideOfTransactions();
        try
        {
            if (!await leased.RefreshAsync(recipe).ConfigureAwait(false))
            {
                // Somebody else does, or it failed: the next read is not to try at once.
                await Task.Delay(recipe.Options.LeaseDuration, time, leased.Ending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        finally
        {
            _refreshed.TryRemove(recipe.Key, out _);
        }
    }
}
