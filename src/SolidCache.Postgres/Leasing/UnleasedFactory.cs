using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using SolidCache.Postgres.Diagnostics;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Leasing;

/// <summary>Runs factories of callers who leave something out, or who get no lease: whoever does not read has no use for one, and whoever may not write gets none.</summary>
internal sealed class UnleasedFactory(IEntryStore store, Func<SolidCacheEntryOptions, Expiration> expirationOf, int maxValueBytes, TimeProvider time, Log log)
{
    /// <param name="recipe">How the value is made.</param>
    /// <param name="creation">Who waits for it.</param>
    /// <param name="mayShare">Whether the callers have left the table out themselves: then also who comes while the factory runs may have what it makes.</param>
    public async ValueTask<Creation.Made> MakeAsync<TState>(Recipe<TState> recipe, Creation creation, bool mayShare)
    {
        var limits = recipe.Limits;
        var stage = creation.Asks();
        var askedAt = time.GetTimestamp();
        if (!limits.SkipsRead && await ReadAsync(recipe).ConfigureAwait(false) is var (value, age))
        {
            return new(value, stage, IsStored: false, age, askedAt);
        }

        if (limits.SkipsFactory)
        {
            return new(Value: null, stage, IsStored: false);
        }

        stage = creation.Reads();
        var made = await recipe.MakeAsync(creation.Abandoned).ConfigureAwait(false);
        creation.Close();
        if (!limits.SkipsWrite && made is not null && made.Length <= (limits.MaxValueBytes ?? maxValueBytes))
        {
            var writtenAt = time.GetTimestamp();
            if (await WriteAsync(recipe, made).ConfigureAwait(false))
            {
                return new(made, stage, IsStored: false, recipe.Fresh, writtenAt, mayShare);
            }
        }

        return new(made, stage, IsStored: false, MayShare: mayShare);
    }

    /// <summary>What cannot be read is made.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "The value is made, whatever the server said.")]
    private async ValueTask<(byte[] Value, EntryAge Age)?> ReadAsync<TState>(Recipe<TState> recipe)
    {
        try
        {
            var value = new ArrayReceiver();
            return await store.ReadAgedAsync(recipe.Key, value, slide: false, CancellationToken.None).AsTask().WaitAsync(Budget(recipe), time).ConfigureAwait(false) is { } age
                ? (value.Array, age)
                : null;
        }
        catch (Exception)
        {
            return null;
        }
    }

    /// <summary>What cannot be stored is returned all the same.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "The value is there, whatever became of its entry.")]
    private async ValueTask<bool> WriteAsync<TState>(Recipe<TState> recipe, byte[] made)
    {
        try
        {
            return await store.WriteAsync(recipe.Key, new ReadOnlySequence<byte>(made), expirationOf(recipe.Options), durable: false, async: true, CancellationToken.None)
                .AsTask().WaitAsync(Budget(recipe), time).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            log.FillFailed(error.GetType().Name);
            return false;
        }
    }

    private static TimeSpan Budget<TState>(Recipe<TState> recipe) => recipe.Limits.Budget ?? Timeout.InfiniteTimeSpan;
}
