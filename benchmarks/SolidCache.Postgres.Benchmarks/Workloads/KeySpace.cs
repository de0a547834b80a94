using Microsoft.Extensions.Caching.Distributed;

namespace SolidCache.Postgres.Benchmarks.Workloads;

/// <summary>Keys of one kind of entry: where they start, what is stored under them and when it expires.</summary>
internal sealed class KeySpace
{
    /// <summary>Random bytes for a day.</summary>
    public static readonly KeySpace Fixed = new("b:", new() { AbsoluteExpirationRelativeToNow = TimeSpan.FromDays(1) });

    /// <summary>Random bytes that slide by an hour.</summary>
    public static readonly KeySpace Sliding = new("s:", new() { SlidingExpiration = TimeSpan.FromHours(1) });

    /// <summary>User profiles for a day.</summary>
    public static readonly KeySpace Profiles = new("p:", Fixed.Expiration);

    /// <summary>What a scenario's table is filled with on the server, for ever.</summary>
    public static readonly KeySpace Rows = new("k", new() { AbsoluteExpiration = DateTimeOffset.MaxValue });

    private KeySpace(string prefix, DistributedCacheEntryOptions expiration) => (Prefix, Expiration) = (prefix, expiration);

    public string Prefix { get; }

    public DistributedCacheEntryOptions Expiration { get; }

    public bool Slides => Expiration.SlidingExpiration is not null;

    public bool HoldsProfiles => this == Profiles;
}
