using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Leasing;

/// <summary>How the value of an entry is made, and how it is stored.</summary>
/// <param name="Key">The entry.</param>
/// <param name="State">Handed to <paramref name="Factory"/>.</param>
/// <param name="Factory">The caller's; it may take as long as it takes.</param>
/// <param name="Options">When the entry expires, and how long others wait.</param>
/// <param name="Tags">Of the entry, as they are stored; null for none.</param>
/// <param name="Limits">What is left out of it.</param>
/// <param name="Began">When the entry was looked for, as a timestamp; the server's time for the first lease counts from there.</param>
internal sealed record Recipe<TState>(
    CacheKey Key, TState State, Func<TState, CancellationToken, ValueTask<byte[]?>> Factory, SolidCacheEntryOptions Options, string? Tags, RecipeLimits Limits = default, long Began = 0)
{
    /// <summary>Gets what is known of the entry when it has just been stored.</summary>
    public EntryAge Fresh => new(1, Options.AbsoluteExpirationRelativeToNow ?? TimeSpan.Zero, TagSet.Read(Tags));

    /// <returns>Null for what is not to be stored.</returns>
    /// <exception cref="InvalidOperationException">The factory returned null, where that means nothing.</exception>
    public async ValueTask<byte[]?> MakeAsync(CancellationToken cancellationToken) =>
        await Factory(State, cancellationToken).ConfigureAwait(false)
        ?? (Limits.Budget is not null ? null : throw new InvalidOperationException("The factory returned null instead of bytes. Return an empty array, or use the overload for objects, which stores null as such."));

    public LeaseTerms Ask(double ahead) => new(Random.Shared.NextInt64(1, long.MaxValue), Options.LeaseDuration, Options.AllowStaleFor, Tags, ahead);
}
