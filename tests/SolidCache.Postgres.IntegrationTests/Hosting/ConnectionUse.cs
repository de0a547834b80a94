using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SolidCache.Postgres.IntegrationTests.Contracts;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Hosting;

/// <summary>How many of the server's connections the cache takes.</summary>
public sealed class ConnectionUse
{
    private const int Callers = 256;
    private TestDatabase _database = null!;

    [OneTimeSetUp]
    public async Task CreateDatabaseAsync() => _database = await TestDatabase.CreateAsync();

    [OneTimeTearDown]
    public async Task DropDatabaseAsync() => await _database.DisposeAsync();

    [TestCase(Calling.Async)]
    [TestCase(Calling.Sync)]
    public async Task Any_number_of_callers_shares_a_few_connections(Calling calling)
    {
        // Two of the reads, two of the writes, and the four of a server that is far, for which a starved one may be taken.
        const int Most = 8;

        // So many calls wait long for the few connections on a busy machine.
        await using var node = await CacheHost.StartAsync(_database.ConnectionString, options => options.OperationTimeout = TimeSpan.FromMinutes(2));
        var cache = CacheCalls.Of(calling, node.Cache);

        await Task.WhenAll(Enumerable.Range(0, Callers).Select(async caller =>
        {
            for (var round = 0; round < 20; round++)
            {
                await cache.SetAsync($"key:{caller}", [1], new());
                Assert.That(await cache.GetAsync($"key:{caller}"), Is.Not.Null);
                await cache.RemoveAsync($"key:{caller}");
            }
        }));

        // The pool keeps what was open at the height of it.
        var connections = await _database.ScalarAsync<long>(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'SolidCache.Postgres'");
        Assert.That(connections, Is.InRange(1, Most + 1), "And the look at the index of the tags, which goes on after the start.");
    }

    [TestCase(1, Description = "The driver gives up first.")]
    [TestCase(15, Description = "The call's time is up first.")]
    public async Task Who_waits_for_a_pool_that_others_hold_is_told_of_the_pool(int seconds)
    {
        await using var node = await CacheHost.StartAsync(
            "",
            options => (options.ConnectionString, options.OperationTimeout) = (null, TimeSpan.FromSeconds(3)),
            services => services.AddNpgsqlDataSource($"{_database.ConnectionString};Maximum Pool Size=2;Timeout={seconds}"));
        await node.Cache.GetAsync("key");
        await using var one = await node.Services.GetRequiredService<NpgsqlDataSource>().OpenConnectionAsync();
        await using var other = await node.Services.GetRequiredService<NpgsqlDataSource>().OpenConnectionAsync();

        var error = (await Assert.CatchAsync(() => node.Cache.GetAsync("key")))!;

        Assert.That(error.Message, Does.Contain("its pool").Or.Contain("all 2 connections of the pool").And.Contain("raise Maximum Pool Size"));
        Assert.That(error, Is.TypeOf<TimeoutException>());
    }

    [Test]
    public async Task A_value_that_arrives_alone_does_not_keep_small_ones_waiting_for_good()
    {
        await using var node = await CacheHost.StartAsync(_database.ConnectionString);
        var large = Enumerable.Range(0, 4).Select(number => node.Cache.SetAsync($"large:{number}", new byte[8_000_000], new())).ToArray();
        var small = Enumerable.Range(0, 500).Select(number => node.Cache.SetAsync($"small:{number}", [1], new())).ToArray();

        await Task.WhenAll([.. large, .. small]);

        Assert.That(await node.Cache.RemoveByPrefixAsync("small:"), Is.EqualTo(500));
        Assert.That(await node.Cache.GetAsync("large:3"), Has.Length.EqualTo(8_000_000));
    }
}
