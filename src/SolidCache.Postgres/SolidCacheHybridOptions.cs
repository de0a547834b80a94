using Microsoft.Extensions.Caching.Hybrid;

namespace SolidCache.Postgres;

/// <summary>How the <see cref="HybridCache"/> of <c>AddPostgresSolidHybridCache</c> keeps entries, in the table and in the memory of each process.</summary>
public sealed record SolidCacheHybridOptions
{
    /// <summary>Gets or sets how long an entry lives that is stored without <see cref="HybridCacheEntryOptions.Expiration"/>.</summary>
    /// <value>Default: 5 minutes. Positive.</value>
    public TimeSpan Expiration { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Gets or sets how long a process remembers an entry at most that is read without <see cref="HybridCacheEntryOptions.LocalCacheExpiration"/>; never beyond its end.</summary>
    /// <value>Default: null, as long as the entry lives. Positive.</value>
    public TimeSpan? LocalCacheExpiration { get; set; }

    /// <summary>Gets or sets the flags of calls without <see cref="HybridCacheEntryOptions.Flags"/>.</summary>
    /// <value>Default: none.</value>
    public HybridCacheEntryFlags Flags { get; set; }

    /// <summary>Gets or sets how many bytes of values and keys a process remembers, as they are serialised.</summary>
    /// <value>Default: 67,108,864 (64 MB). 1 MB to 1 TB. When it is full, what was used least lately makes room.</value>
    public long MaximumLocalCacheBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>Gets or sets the length of a key in characters above which a value is made and not cached.</summary>
    /// <value>Default: 1,024. At least 1.</value>
    public int MaximumKeyLength { get; set; } = 1024;

    /// <summary>Gets or sets the length of a serialised value above which it is not cached.</summary>
    /// <value>Default: 1,048,576 (1 MB). 1 to 500,000,000; <see cref="PostgresSolidCacheOptions.MaxValueBytes"/> counts too.</value>
    public long MaximumPayloadBytes { get; set; } = 1024 * 1024;

    /// <summary>Gets or sets how long a caller waits for the server before his value is made without it, and once more for it to be stored.</summary>
    /// <value>Default: 1 second. 0.01 seconds to an hour.</value>
    public TimeSpan ReadBudget { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Gets or sets how long a caller waits for a value that another node makes, before he makes it for himself without storing it.</summary>
    /// <value>Default: 1 second. Not negative.</value>
    public TimeSpan LeaseWait { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Gets or sets how long after its end an entry's value is still returned while one caller of all nodes makes a new one in the background.</summary>
    /// <value>Default: zero, not at all. Not negative.</value>
    public TimeSpan AllowStaleFor { get; set; }

    /// <summary>Gets or sets the part of an entry's life at its end in which a read has it made anew in the background: 0.2 of an hour are its last twelve minutes.</summary>
    /// <value>Default: 0, never. Less than 1.</value>
    public double RefreshBefore { get; set; }

    /// <summary>
    /// Gets or sets a value indicating whether memory is served also when it has not been known for longer than
    /// <see cref="SolidCacheInvalidationOptions.MaxStaleness"/> what other nodes change.
    /// </summary>
    /// <value>Default: false: then entries are read from the table, and made while it is away.</value>
    public bool ServeUnconfirmed { get; set; }
}
