using System.Buffers;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Caching.Distributed;
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

    /// <exception cref="ArgumentException">A tag is null, there are too many, or the absolute expiration lies in the past.</exception>
    public Expiration ExpirationOf(DistributedCacheEntryOptions options, TimeProvider time)
    {
        var expiration = Expiration.From(options, DefaultSlidingExpiration, time, DefaultAbsoluteExpiration);
        return options is SolidCacheEntryOptions { Tags: { Count: > 0 } tags } ? expiration with { Tags = TagsOf(tags) } : expiration;
    }

    /// <summary>The tags of an entry, as it is stored with them; null for none.</summary>
    /// <exception cref="ArgumentException">One of them is null, or there are too many.</exception>
    public string? TagsOf(IReadOnlyCollection<string> tags) => tags.Count <= TagSet.MaxCount
        ? TagSet.Of(Map(tags))
        : throw new ArgumentException($"The entry has {tags.Count} tags; it may have {TagSet.MaxCount}. Use one that stands for several of them.", nameof(tags));

    /// <summary>Keys, or tags: those are stored as keys are, any string, and those of another prefix are others.</summary>
    /// <exception cref="ArgumentException">One of them is null.</exception>
    public IReadOnlyList<CacheKey> Map(IReadOnlyCollection<string> names, [CallerArgumentExpression(nameof(names))] string? argument = null) =>
        [.. names.Select(name => Keys.Map(name ?? throw new ArgumentException("One of them is null. Keys and tags may be any string but null.", argument))).Distinct()];

    /// <exception cref="ArgumentException">The value is larger than may be stored.</exception>
    public void RefuseTooLarge(ReadOnlySequence<byte> value)
    {
        if (value.Length > MaxValueBytes)
        {
            throw new ArgumentException(
                $"The value has {value.Length} bytes; {nameof(PostgresSolidCacheOptions.MaxValueBytes)} allows {MaxValueBytes}. Store it in parts, or raise the option.", nameof(value));
        }
    }

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
