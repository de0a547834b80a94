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
        await Eventually.TrueAsync(() => first.Cache.ExistsAsync("hybrid"), "HybridCache stores the value, after it has returned it");
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
    public async Task A_data_source_with_ways_of_its_own_works([Values("Max Auto Prepare=20", "Enlist=false;No Reset On Close=true")] string setting)
    {
        await using var source = NpgsqlDataSource.Create($"{_database.ConnectionString};{setting}");
        await using var node = await CacheHost.StartAsync("", options => options.ConnectionString = null, services => services.AddSingleton(source));

        await Task.WhenAll(Enumerable.Range(0, 20).Select(async number =>
        {
            await node.Cache.SetAsync($"{setting}:{number}", [(byte)number], new());
            Assert.That(await node.Cache.GetAsync($"{setting}:{number}"), Is.EqualTo<byte[]>([(byte)number]));
        }));
        node.Cache.Set(setting, [1], new());

        Assert.That(node.Cache.Get(setting), Is.EqualTo(new byte[] { 1 }));
        Assert.That(await node.Cache.RemoveByPrefixAsync(setting), Is.EqualTo(21));
    }

    [Test]
    public void A_data_source_that_multiplexes_is_refused()
    {
        using var source = NpgsqlDataSource.Create($"{_database.ConnectionString};Multiplexing=true");
        using var services = new ServiceCollection().AddSingleton(source).AddPostgresSolidCache().BuildServiceProvider();

        Assert.That(() => services.GetRequiredService<ISolidCache>(), Throws.InvalidOperationException.With.Message.Contains("Multiplexing=true"));
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
