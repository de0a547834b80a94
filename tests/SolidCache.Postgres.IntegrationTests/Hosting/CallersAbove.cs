using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Hosting;

/// <summary>The cache as others use it: below HybridCache, with several caches in one application, on the application's data source.</summary>
public sealed class CallersAbove
{
    private TestDatabase _database = null!;

    [OneTimeSetUp]
    public async Task CreateDatabaseAsync() => _database = await TestDatabase.CreateAsync();

    [OneTimeTearDown]
    public async Task DropDatabaseAsync() => await _database.DisposeAsync();

    [Test]
    public async Task Hybrid_cache_shares_its_values_through_it()
    {
        await using var first = await CacheHost.StartAsync(_database.ConnectionString, configureServices: services => services.AddHybridCache());
        await using var second = await CacheHost.StartAsync(_database.ConnectionString, configureServices: services => services.AddHybridCache());
        var made = 0;

        var one = await HybridOf(first).GetOrCreateAsync("hybrid", _ => ValueTask.FromResult(++made), tags: ["tag"]);
        var two = await HybridOf(second).GetOrCreateAsync("hybrid", _ => ValueTask.FromResult(++made), tags: ["tag"]);
        Assert.That((one, two, made), Is.EqualTo((1, 1, 1)));

        await HybridOf(first).RemoveByTagAsync("tag");
        await using var third = await CacheHost.StartAsync(_database.ConnectionString, configureServices: services => services.AddHybridCache());
        Assert.That(await HybridOf(third).GetOrCreateAsync("hybrid", _ => ValueTask.FromResult(++made), tags: ["tag"]), Is.EqualTo(2));
        Assert.That(await _database.ScalarAsync<long>("SELECT count(*) FROM solid_cache_entries WHERE key LIKE '\\_\\_MSFT\\_HCT\\_\\_%'"), Is.GreaterThan(0));
    }

    [Test]
    public async Task The_applications_data_source_is_used_and_left_open()
    {
        var source = NpgsqlDataSource.Create(_database.ConnectionString);
        await using (var node = await CacheHost.StartAsync("", options => options.ConnectionString = null, services => services.AddSingleton(source)))
        {
            await node.Cache.SetAsync("from the application's", [1], new());
        }

        await using var connection = await source.OpenConnectionAsync();
        Assert.That(connection.State, Is.EqualTo(System.Data.ConnectionState.Open));
        await connection.CloseAsync();
        await source.DisposeAsync();
    }

    [Test]
    public async Task Keyed_caches_live_in_tables_of_their_own()
    {
        await using var node = await CacheHost.StartAsync(_database.ConnectionString, configureServices: services => services
            .AddKeyedPostgresSolidCache("sessions", options => (options.ConnectionString, options.TableName) = (_database.ConnectionString, "session_entries")));
        var sessions = node.Services.GetRequiredKeyedService<IDistributedCache>("sessions");

        await sessions.SetStringAsync("key", "session");

        Assert.That(await node.Cache.ExistsAsync("key"), Is.False);
        Assert.That(await _database.ScalarAsync<long>("SELECT count(*) FROM session_entries"), Is.EqualTo(1));
    }

    private static HybridCache HybridOf(CacheHost node) => node.Services.GetRequiredService<HybridCache>();
}
