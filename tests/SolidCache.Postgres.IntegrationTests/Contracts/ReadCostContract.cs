using Microsoft.Extensions.Caching.Distributed;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Contracts;

/// <summary>What calls cost the server, by its own counters. Only the node that is measured works on the database.</summary>
[TestFixture(Calling.Async)]
[TestFixture(Calling.Sync)]
[TestFixture(Calling.AsyncDirect)]
public sealed class ReadCostContract(Calling calling)
{
    private static readonly DistributedCacheEntryOptions Sliding = new() { SlidingExpiration = TimeSpan.FromHours(1) };
    private TestDatabase _database = null!;

    [SetUp]
    public async Task CreateDatabaseAsync() => _database = await TestDatabase.CreateAsync();

    [TearDown]
    public async Task DropDatabaseAsync() => await _database.DisposeAsync();

    [Test]
    public async Task Reading_an_entry_that_does_not_slide_or_is_missing_writes_nothing()
    {
        await OnANodeAsync(async cache =>
        {
            await cache.SetAsync("absolute", [1], new() { AbsoluteExpirationRelativeToNow = TimeSpan.FromMinutes(1) });
            await cache.SetAsync("forever", [1], new() { AbsoluteExpiration = DateTimeOffset.MaxValue });
        });
        var before = await WritesAsync();

        await OnANodeAsync(async cache =>
        {
            for (var round = 0; round < 50; round++)
            {
                Assert.That(await cache.GetAsync("absolute"), Is.Not.Null);
                Assert.That(await cache.GetAsync("forever"), Is.Not.Null);
                Assert.That(await cache.GetAsync("missing"), Is.Null);
                await cache.RefreshAsync("absolute");
            }
        });

        Assert.That((before, await WritesAsync()), Is.EqualTo((2L, 2L)));
    }

    [Test]
    public async Task A_thousand_sliding_reads_cause_at_most_one_update()
    {
        await OnANodeAsync(cache => cache.SetAsync("key", [1], Sliding));
        await _database.ExecuteAsync("UPDATE solid_cache_entries SET expires_at = expires_at - interval '30 minutes'");
        var before = await WritesAsync();

        await OnANodeAsync(async cache =>
        {
            for (var round = 0; round < 20; round++)
            {
                await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => cache.GetAsync("key")));
            }
        });

        Assert.That(await WritesAsync() - before, Is.EqualTo(1));
    }

    [TestCase("present")]
    [TestCase("missing")]
    public async Task A_get_is_one_statement(string key)
    {
        await OnANodeAsync(cache => cache.SetAsync("present", [1], Sliding));
        var start = await TransactionsAsync();
        await OnANodeAsync(cache => cache.GetAsync(key));
        var afterOne = await TransactionsAsync();
        await OnANodeAsync(async cache =>
        {
            for (var round = 0; round < 101; round++)
            {
                await cache.GetAsync(key);
            }
        });
        var afterMany = await TransactionsAsync();

        Assert.That(afterMany - afterOne - (afterOne - start), Is.InRange(94, 150), "On a busy machine other lanes may start, on either node, whose connections ask a few questions each; a second statement for each get would be a hundred more.");
    }

    private async Task OnANodeAsync(Func<CacheCalls, Task> work)
    {
        await using var node = await CacheHost.StartAsync(_database.ConnectionString, options => options.Coalescing = calling != Calling.AsyncDirect);
        await work(CacheCalls.Of(calling, node.Cache));
    }

    private async Task<long> WritesAsync() => await CounterAsync(
        "SELECT n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_user_tables WHERE relname = 'solid_cache_entries'");

    private Task<long> TransactionsAsync() => CounterAsync("SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()");

    /// <summary>A backend reports its counters at the latest when it ends; the look itself comes from another database.</summary>
    private async Task<long> CounterAsync(string sql)
    {
        _database.Source.Clear();
        var name = await _database.ScalarAsync<string>("SELECT current_database()::text");
        _database.Source.Clear();
        await Eventually.TrueAsync(
            () => PostgresServer.ScalarAsync<bool>(
                PostgresServer.ConnectionString, $"SELECT count(*) = 0 FROM pg_stat_activity WHERE datname = '{name}' AND backend_type = 'client backend'"),
            "all backends of the database have ended");

        return await _database.ScalarAsync<long>(sql);
    }
}
