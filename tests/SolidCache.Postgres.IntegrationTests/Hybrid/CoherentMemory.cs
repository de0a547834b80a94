using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.DependencyInjection;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Hybrid;

/// <summary>The memory of three processes, here three hosts, over one table.</summary>
public sealed class CoherentMemory
{
    private TestDatabase _database = null!;
    private CacheHost[] _nodes = null!;
    private int _keys;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _database = await TestDatabase.CreateAsync();
        _nodes = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => CacheHost.StartAsync(
            _database.ConnectionString, configureServices: static services => services.AddPostgresSolidHybridCache(static options => options.Invalidation.PollInterval = TimeSpan.FromSeconds(1)))));
        foreach (var node in _nodes)
        {
            await node.Services.GetRequiredService<ISolidCacheInvalidations>().WaitUntilCurrentAsync();
        }
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        foreach (var node in _nodes)
        {
            await node.DisposeAsync();
        }

        await _database.DisposeAsync();
    }

    [Test]
    public async Task A_value_is_made_once_and_remembered_by_every_node_that_reads_it()
    {
        var key = NewKey();
        foreach (var node in _nodes)
        {
            Assert.That(await GetAsync(node, key, "made"), Is.EqualTo("made"));
        }

        // Nothing tells the memory of it, and so it goes on.
        await _database.ExecuteAsync("ALTER TABLE solid_cache_entries DISABLE TRIGGER USER");
        await _database.ExecuteAsync($"DELETE FROM solid_cache_entries WHERE key = '{key}'");
        await _database.ExecuteAsync("SELECT solid_cache_log_changes(true)");
        foreach (var node in _nodes)
        {
            Assert.That(await GetAsync(node, key, "again"), Is.EqualTo("made"));
        }
    }

    [Test]
    public async Task What_one_node_changes_every_node_forgets([Values("remove", "set", "tag", "all tags", "distributed remove", "distributed set", "distributed tag", "transaction", "function", "delete", "truncate")] string how)
    {
        for (var round = 0; round < 3; round++)
        {
            var (key, tag) = (NewKey(), NewKey());
            foreach (var node in _nodes)
            {
                await GetAsync(node, key, "old", tag);
            }

            await ChangeAsync(_nodes[0], key, tag, how);
            if (how is "remove" or "set" or "tag" or "all tags" or "distributed remove" or "distributed set" or "distributed tag")
            {
                Assert.That(await GetAsync(_nodes[0], key, "new", tag), Is.EqualTo("new"), "At once on the node that did it.");
            }

            foreach (var node in _nodes)
            {
                await Eventually.TrueAsync(async () => await GetAsync(node, key, "new", tag) == "new", "the old value is forgotten");
            }
        }
    }

    [Test]
    public async Task What_was_being_read_while_it_was_changed_is_not_remembered()
    {
        var key = NewKey();
        var value = await Hybrid(_nodes[0]).GetOrCreateAsync(key, async token =>
        {
            await Hybrid(_nodes[1]).SetAsync(key, "new", cancellationToken: token);
            await Task.Delay(50, token);
            return "old";
        });
        Assert.That(value, Is.EqualTo("old"), "His own, which was true when he began.");
        Assert.That(await GetAsync(_nodes[0], key, "another"), Is.EqualTo("new"));
    }

    [Test]
    public async Task What_cannot_be_confirmed_is_served_only_where_somebody_asked_for_it([Values] bool servesUnconfirmed)
    {
        var key = NewKey();
        await using var node = await CacheHost.StartAsync(_database.ConnectionString, configureServices: services => services.AddPostgresSolidHybridCache(options =>
        {
            options.Hybrid.ServeUnconfirmed = servesUnconfirmed;
            (options.Invalidation.PollInterval, options.Invalidation.MaxStaleness) = (TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(500));
        }));
        await node.Services.GetRequiredService<ISolidCacheInvalidations>().WaitUntilCurrentAsync();
        await GetAsync(node, key, "old");
        await _database.ExecuteAsync("ALTER TABLE solid_cache_invalidations RENAME TO hidden");
        try
        {
            await Eventually.TrueAsync(() => !node.Services.GetRequiredService<ISolidCacheInvalidations>().IsCurrent, "the log is away");
            await _database.ExecuteAsync("ALTER TABLE solid_cache_entries DISABLE TRIGGER USER");
            await _database.ExecuteAsync($"DELETE FROM solid_cache_entries WHERE key = '{key}'");
            Assert.That(await GetAsync(node, key, "new"), Is.EqualTo(servesUnconfirmed ? "old" : "new"));
        }
        finally
        {
            await _database.ExecuteAsync("ALTER TABLE hidden RENAME TO solid_cache_invalidations");
            await _database.ExecuteAsync("SELECT solid_cache_log_changes(true)");
        }

        await node.Services.GetRequiredService<ISolidCacheInvalidations>().WaitUntilCurrentAsync();
        await _nodes[0].Cache.SetAsync(key, "\"set\""u8.ToArray(), new SolidCacheEntryOptions());
        await _nodes[0].Cache.RemoveAsync(key);
        await Eventually.TrueAsync(async () => await GetAsync(node, key, "anew") == "anew", "what is told then is forgotten");
    }

    private static HybridCache Hybrid(CacheHost node) => node.Services.GetRequiredService<HybridCache>();

    private static async Task<string> GetAsync(CacheHost node, string key, string made, string? tag = null) =>
        await Hybrid(node).GetOrCreateAsync(key, _ => ValueTask.FromResult(made), tags: tag is null ? null : [tag]);

    private async Task ChangeAsync(CacheHost node, string key, string tag, string how)
    {
        switch (how)
        {
            case "remove":
                await Hybrid(node).RemoveAsync(key);
                break;
            case "set":
                await Hybrid(node).SetAsync(key, "new");
                break;
            case "tag":
                await Hybrid(node).RemoveByTagAsync(tag);
                break;
            case "all tags":
                await Hybrid(node).RemoveByTagAsync("*");
                break;
            case "distributed remove":
                await node.Cache.RemoveAsync(key);
                break;
            case "distributed set":
                await node.Cache.SetAsync(key, "new"u8.ToArray(), new());
                break;
            case "distributed tag":
                await node.Cache.RemoveByTagAsync(tag);
                break;
            case "transaction":
                await using (var connection = await _database.Source.OpenConnectionAsync())
                await using (var transaction = await connection.BeginTransactionAsync())
                {
                    await node.Cache.InTransaction(transaction).RemoveAsync([key]);
                    await transaction.CommitAsync();
                }

                break;
            default:
                await _database.ExecuteAsync(how switch
                {
                    "function" => $"SELECT solid_cache_remove_by_tag('{tag}')",
                    "delete" => $"DELETE FROM solid_cache_entries WHERE key = '{key}'",
                    _ => "TRUNCATE solid_cache_entries",
                });
                break;
        }
    }

    private string NewKey() => $"coherent:{Interlocked.Increment(ref _keys)}";
}
