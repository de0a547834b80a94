using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using SolidCache.Postgres.Caching;
using SolidCache.Postgres.Diagnostics;
using SolidCache.Postgres.Entries;
using SolidCache.Postgres.Leasing;

namespace SolidCache.Postgres.Tests.Caching;

/// <summary>The cache over a store in memory.</summary>
internal sealed class CacheUnderTest
{
    public CacheUnderTest(Action<PostgresSolidCacheOptions>? configure = null)
    {
        var options = new PostgresSolidCacheOptions();
        configure?.Invoke(options);

        // No test gets as far as the sweeper and transactions: they need a database.
        var policy = new CachePolicy(options);
        var log = new Log(NullLoggerFactory.Instance);
        var factory = new LeasedFactory(Store, entry => policy.ExpirationOf(entry, Time), policy.MaxValueBytes, TimeProvider.System, log);
        Creator = new EntryCreator(Store, factory, policy.SlidesOnRead, TimeProvider.System);
        Cache = new EntryCache(Store, Creator, writes: null!, sweeper: null!, policy, new CacheLife(), Time);
    }

    public FakeTimeProvider Time { get; } = new();

    public InMemoryEntryStore Store { get; } = new();

    public ISolidCache Cache { get; }

    public EntryCreator Creator { get; }
}
