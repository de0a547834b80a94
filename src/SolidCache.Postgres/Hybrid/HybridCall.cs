using Microsoft.Extensions.Caching.Hybrid;
using SolidCache.Postgres.Caching;
using SolidCache.Postgres.Leasing;

namespace SolidCache.Postgres.Hybrid;

/// <summary>What one call asks for, the cache's options where it says nothing.</summary>
internal readonly record struct HybridCall(HybridCacheEntryFlags Flags, TimeSpan Expiration, TimeSpan Local, string[]? Tags)
{
    /// <exception cref="ArgumentException">A tag is empty, or stands for all of them.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The expiration is not positive.</exception>
    public static HybridCall Of(HybridCacheEntryOptions? options, IEnumerable<string>? tags, SolidCacheHybridOptions defaults)
    {
        var expiration = options?.Expiration ?? defaults.Expiration;
        if (expiration <= TimeSpan.Zero)
        {
            throw new ArgumentOutOfRangeException(nameof(options), expiration, $"{nameof(options.Expiration)} must be positive.");
        }

        var local = options?.LocalCacheExpiration ?? defaults.LocalCacheExpiration ?? expiration;
        return new(options?.Flags ?? defaults.Flags, expiration, local < expiration ? local : expiration, Checked(tags));
    }

    public bool Has(HybridCacheEntryFlags flag) => (Flags & flag) != 0;

    public RecipeLimits Limits(SolidCacheHybridOptions options, int maxValueBytes) => new(
        Has(HybridCacheEntryFlags.DisableDistributedCacheRead),
        Has(HybridCacheEntryFlags.DisableDistributedCacheWrite),
        Has(HybridCacheEntryFlags.DisableUnderlyingData),
        options.ReadBudget,
        (int)Math.Min(options.MaximumPayloadBytes, maxValueBytes));

    public SolidCacheEntryOptions EntryOptions(SolidCacheHybridOptions options) => new()
    {
        AbsoluteExpirationRelativeToNow = Expiration,
        Tags = Tags,
        LeaseWait = options.LeaseWait,
        AllowStaleFor = options.AllowStaleFor,
        RefreshBefore = options.RefreshBefore,
    };

    public string? StoredTags(CachePolicy policy) => Tags is null ? null : policy.TagsOf(Tags);

    private static string[]? Checked(IEnumerable<string>? tags)
    {
        if (tags is null)
        {
            return null;
        }

        string[] all = [.. tags.Distinct(StringComparer.Ordinal)];
        return Array.Exists(all, static tag => string.IsNullOrWhiteSpace(tag) || tag == SolidHybridCache.AllTags)
            ? throw new ArgumentException($"A tag is null or empty, or '{SolidHybridCache.AllTags}', which stands for all entries when they are removed.", nameof(tags))
            : all is [] ? null : all;
    }
}
