using Microsoft.Extensions.Caching.Distributed;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Contracts;

/// <summary>A cache on a database of the fixture's own, and what its tests say in one word.</summary>
public abstract class ContractFixture(Calling calling)
{
    private CacheHost _host = null!;

    protected static DistributedCacheEntryOptions Forever { get; } = new() { AbsoluteExpiration = DateTimeOffset.MaxValue };

    protected Calling Calling { get; } = calling;

    protected TestDatabase Database { get; private set; } = null!;

    /// <summary>The cache with its options as they are by default, but for the time-out.</summary>
    protected ISolidCache SolidCache => _host.Cache;

    protected CacheCalls Cache { get; private set; } = null!;

    /// <summary>A key that no other test uses.</summary>
    protected static string NewKey() => $"key:{Guid.NewGuid():N}";

    protected static DistributedCacheEntryOptions Sliding(TimeSpan window, TimeSpan? absolute = null) =>
        new() { SlidingExpiration = window, AbsoluteExpirationRelativeToNow = absolute };

    protected static DistributedCacheEntryOptions Absolute(TimeSpan life) => new() { AbsoluteExpirationRelativeToNow = life };

    [OneTimeSetUp]
    public async Task StartCacheAsync()
    {
        Database = await TestDatabase.CreateAsync();
        _host = await StartNodeAsync();
        Cache = CacheCalls.Of(Calling, _host.Cache);
    }

    [OneTimeTearDown]
    public async Task StopCacheAsync()
    {
        await _host.DisposeAsync();
        await Database.DisposeAsync();
    }

    /// <summary>Another node on the same table, or another cache beside it.</summary>
    protected async Task<CacheHost> StartNodeAsync(Action<PostgresSolidCacheOptions>? configure = null) => await CacheHost.StartAsync(
        Database.ConnectionString,
        options =>
        {
            options.Coalescing = Calling is not (Calling.AsyncDirect or Calling.SyncDirect);
            options.CompressValuesFrom = Calling is Calling.Compressed ? 1 : null;
            // A slow machine takes its time over values of 60 MB, which are not what is tested.
            options.OperationTimeout = TimeSpan.FromMinutes(1);
            configure?.Invoke(options);
        });

    /// <summary>Makes an entry as old as if so much time had passed, on the database's clock, which alone counts.</summary>
    protected async Task PassAsync(string key, TimeSpan time)
    {
        // A touch may still be on its way, as reads do not wait for theirs. A removal by prefix waits for the writes before it.
        await SolidCache.RemoveByPrefixAsync("nothing starts like this");
        await using var command = Database.Source.CreateCommand(
            """
            UPDATE solid_cache_entries
            SET expires_at = expires_at - $2 * interval '1 microsecond',
                created_at = created_at - $2 * interval '1 microsecond',
                absolute_expiration = absolute_expiration - $2 * interval '1 microsecond'
            WHERE key = $1
            """);
        command.Parameters.Add(new() { Value = key });
        command.Parameters.Add(new() { Value = (long)time.TotalMicroseconds });
        Assert.That(await command.ExecuteNonQueryAsync(), Is.EqualTo(1), "The entry must be stored for time to pass over it.");
    }
}
