using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Caching;

/// <summary>What the options say about keys, values and their life, read once.</summary>
internal sealed class CachePolicy(PostgresSolidCacheOptions options)
{
    private readonly bool _isAlwaysDurable = options.Durability == SolidCacheDurability.Full;
    private readonly string[] _durableKeyPrefixes = [.. options.DurableKeyPrefixes];

    public KeySpace Keys { get; } = new(options.KeyPrefix);

    public int MaxValueBytes { get; } = options.MaxValueBytes;

    public TimeSpan? DefaultSlidingExpiration { get; } = options.DefaultSlidingExpiration;

    public TimeSpan? DefaultAbsoluteExpiration { get; } = options.DefaultAbsoluteExpiration;

    public bool IsReadOnly { get; } = options.ReadOnly;

    public bool SlidesOnRead { get; } = options.RefreshSlidingExpirationOnGet;

    public TimeSpan SweepInterval { get; } = options.SweepInterval;

    public bool IsDurable(string key)
    {
        if (_isAlwaysDurable)
        {
            return true;
        }

        foreach (var prefix in _durableKeyPrefixes)
        {
            if (key.StartsWith(prefix, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }
}
