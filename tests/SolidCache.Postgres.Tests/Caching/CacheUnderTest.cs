using Microsoft.Extensions.Time.Testing;
using SolidCache.Postgres.Caching;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Tests.Caching;

/// <summary>The cache over a store in memory.</summary>
internal sealed class CacheUnderTest
{
    public CacheUnderTest(Action<PostgresSolidCacheOptions>? configure = null)
    {
        var options = new PostgresSolidCacheOptions();
        configure?.Invoke(options);

        // No test gets as far as the sweeper: it needs a database.
        Cache = new EntryCache(Store, sweeper: null!, new CachePolicy(options), new CacheLife(), Time);
    }

    public FakeTimeProvider Time { get; } = new();

    public InMemoryEntryStore Store { get; } = new();

    public ISolidCache Cache { get; }
}
