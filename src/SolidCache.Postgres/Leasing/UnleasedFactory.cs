using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using SolidCache.Postgres.Diagnostics;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Leasing;

/// <summary>Runs factories of callers who leave something out, or who get no lease: whoever does not read has no use for one, and whoever may not write gets none.</summary>
internal sealed class UnleasedFactory(IEntryStore store, Func<SolidCacheEntryOptions, Expiration> expirationOf, int maxValueBytes, TimeProvider time, Log log)
{
    public async ValueTask<Creation.Made> MakeAsync<TState>(Recipe<TState> recipe, Creation creation)
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
            await WriteAsync(recipe, made).ConfigureAwait(false);
        }

        return new(made, stage, IsStored: false);
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
    private async ValueTask WriteAsync<TState>(Recipe<TState> recipe, byte[] made)
    {
        try
        {
            await store.WriteAsync(recipe.Key, new ReadOnlySequence<byte>(made), expirationOf(recipe.Options), durable: false, async: true, CancellationToken.None)
                .AsTask().WaitAsync(Budget(recipe), time).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            log.FillFailed(error.GetType().Name);
        }
    }

    private static TimeSpan Budget<TState>(Recipe<TState> recipe) => recipe.Limits.Budget ?? Timeout.InfiniteTimeSpan;
}
