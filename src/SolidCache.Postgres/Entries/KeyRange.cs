namespace SolidCache.Postgres.Entries;

/// <summary>A run of stored keys in the order of their UTF-8 bytes, which is that of the <c>"C"</c> collation.</summary>
/// <param name="From">The first key that is in the range.</param>
/// <param name="To">The first key that is not, or null when the range has no end.</param>
/// <param name="Pattern">What the keys must match besides, as an SQL <c>LIKE</c> pattern, or null.</param>
/// <param name="SkipsPrefixed">Whether keys that hold the separator belong to other key spaces and are left alone.</param>
internal sealed record KeyRange(string From, string? To, string? Pattern, bool SkipsPrefixed)
{
    /// <summary>Whether a key lies between the bounds; whether it matches the pattern too, only the server knows.</summary>
    public bool MayHold(string stored) => CacheKey.Compare(stored, From) >= 0 && (To is null || CacheKey.Compare(stored, To) < 0);
}
