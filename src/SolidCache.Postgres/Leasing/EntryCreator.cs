using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
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
            if (recipe.Options.RefreshBefore == 0
                ? await store.ReadAsync(recipe.Key, value, slidesOnRead, async: true, cancellationToken).ConfigureAwait(false)
                : await ReadAgedAsync(recipe, value, slidesOnRead, cancellationToken).ConfigureAwait(false) is not null)
            {
                return value.Array;
            }

            var (creation, joinedAt, isOwn) = Join(recipe, mayShare);
            var made = await creation.WaitAsync(cancellationToken).ConfigureAwait(false);
            if (made.IsFor(joinedAt))
            {
                // What one does to his bytes, the others do not see.
                return isOwn ? made.Value! : [.. made.Value!];
            }
        }
    }

    /// <summary>The same with what is known of the entry, and waits for the server no longer than the recipe allows.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "The value is made, whatever the server said.")]
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Creation.Made> GetOrCreateAgedAsync<TState>(Recipe<TState> recipe, CancellationToken cancellationToken)
    {
        for (var mayShare = true; ; mayShare = false)
        {
            // Who comes while it is made need not look.
            if (mayShare && _creations.TryGetValue(PlaceOf(recipe), out var going) && going.TryJoin() is { } stage
                && await going.WaitAsync(cancellationToken).ConfigureAwait(false) is var shared && shared.IsFor(stage))
            {
                return shared;
            }

            var (value, readAt) = (new ArrayReceiver(), time.GetTimestamp());
            try
            {
                if (recipe.Limits.Looks && await ReadAgedAsync(recipe, value, slides: false, cancellationToken).AsTask()
                    .WithinAsync(recipe.Limits.Patience, time, cancellationToken).ConfigureAwait(false) is { } age)
                {
                    return new(value.Array, Stage: 0, IsStored: false, age, readAt);
                }
            }
            catch (Exception) when (!cancellationToken.IsCancellationRequested)
            {
                recipe = recipe with { Limits = recipe.Limits with { IsAway = true } };
            }

            recipe = recipe with { Began = readAt };
            var (creation, joinedAt, _) = Join(recipe, mayShare);
            var made = await creation.WaitAsync(cancellationToken).ConfigureAwait(false);
            if (made.IsFor(joinedAt))
            {
                return made;
            }
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<EntryAge?> ReadAgedAsync<TState>(Recipe<TState> recipe, ArrayReceiver value, bool slides, CancellationToken cancellationToken)
    {
        var age = await store.ReadAgedAsync(recipe.Key, value, slides, cancellationToken).ConfigureAwait(false);
        if (age?.LifeLeft < recipe.Options.RefreshBefore && recipe.Limits.TakesLease && _refreshed.TryAdd(recipe.Key, true))
        {
            _ = RefreshAsync(recipe);
        }

        return age;
    }

    /// <param name="recipe">How the value is made.</param>
    /// <param name="mayShare">False for who has waited in vain already: he joins nothing that reads already.</param>
    private (Creation Creation, int JoinedAt, bool IsOwn) Join<TState>(Recipe<TState> recipe, bool mayShare)
    {
        var place = PlaceOf(recipe);
        var fresh = new Creation();
        fresh.TryJoin();
        while (true)
        {
            var creation = _creations.GetOrAdd(place, fresh);
            if (creation == fresh)
            {
                _ = RunAsync(recipe, fresh, place);
                return (fresh, 0, true);
            }

            if (creation.TryJoin(fresh, mayShare) is not { } joined)
            {
                // It has just ended, and makes place.
                _creations.TryRemove(new(place, creation));
                continue;
            }

            if (joined.Joined == fresh)
            {
                _ = RunAfterAsync(creation, recipe, fresh, place);
            }

            return (joined.Joined, joined.Stage, joined.Joined == fresh);
        }
    }

    /// <summary>Callers share what they ask for in the same way.</summary>
    private static (CacheKey Key, TimeSpan StaleFor, RecipeLimits Limits) PlaceOf<TState>(Recipe<TState> recipe) => (recipe.Key, recipe.Options.AllowStaleFor, recipe.Limits);

    /// <summary>Once for all who came too late for another: while nothing can be stored, each of them would else have made the value for himself.</summary>
    private async Task RunAfterAsync<TState>(Creation former, Recipe<TState> recipe, Creation creation, (CacheKey, TimeSpan, RecipeLimits) place)
    {
        await former.Ended.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!creation.Abandoned.IsCancellationRequested)
        {
            _creations.TryAdd(place, creation);
            await RunAsync(recipe, creation, place).ConfigureAwait(false);
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever the factory throws is the answer of those who wait.")]
    private async Task RunAsync<TState>(Recipe<TState> recipe, Creation creation, (CacheKey, TimeSpan, RecipeLimits) place)
    {
        // Not on the caller's context: others wait for this too, and it may be busy.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        using var alone = OutsideOfTransactions();
        try
        {
            var made = await leased.MakeAsync(recipe, creation).ConfigureAwait(false);
            _creations.TryRemove(new(place, creation));
            creation.End(made);
        }
        catch (Exception error)
        {
            _creations.TryRemove(new(place, creation));
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
