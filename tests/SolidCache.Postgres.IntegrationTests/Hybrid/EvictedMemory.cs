using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.DependencyInjection;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Hybrid;

/// <summary>The memory of Microsoft's <see cref="HybridCache"/>, for those who stay with it. Should it name what it remembers otherwise one day, these say so.</summary>
public sealed class EvictedMemory
{
    private TestDatabase _database = null!;
    private CacheHost _changing = null!;
    private CacheHost _evicting = null!;
    private CacheHost _plain = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _database = await TestDatabase.CreateAsync();
        _changing = await StartAsync(evicts: true);
        _evicting = await StartAsync(evicts: true);
        _plain = await StartAsync(evicts: false);
        await _evicting.Services.GetRequiredService<ISolidCacheInvalidations>().WaitUntilCurrentAsync();
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await _changing.DisposeAsync();
        await _evicting.DisposeAsync();
        await _plain.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Test]
    public async Task What_is_changed_elsewhere_leaves_it([Values("remove", "set", "distributed remove", "delete", "truncate")] string how)
    {
        var key = $"evicted:{how}";
        await GetAsync(_changing, key, "old");
        await Eventually.TrueAsync(() => _changing.Cache.ExistsAsync(key), "the entry is stored");
        Assert.That((await GetAsync(_evicting, key, "another"), await GetAsync(_plain, key, "another")), Is.EqualTo(("old", "old")));
        await ChangeAsync(key, how);
        await Eventually.TrueAsync(async () => await GetAsync(_evicting, key, "new") == "new", "the old value has left memory");
        Assert.That(await GetAsync(_plain, key, "new"), Is.EqualTo("old"), "Without it, memory knows nothing of it.");
    }

    /// <summary>A hash is all that the table says of them, and the log.</summary>
    [Test]
    public async Task Keys_that_are_stored_as_hashes_leave_it([Values("long", "looks hashed")] string kind, [Values] bool isReplaced)
    {
        var key = $"{isReplaced}:{(kind == "long" ? new string('字', 500) : $"key#sha256:{new string('a', 64)}")}";
        await Hybrid(_changing).SetAsync(key, "old");
        await GetAsync(_evicting, $"{key}:other", "other");
        Assert.That((await GetAsync(_evicting, key, "another"), await GetAsync(_plain, key, "another")), Is.EqualTo(("old", "old")));
        await ChangeAsync(key, isReplaced ? "set" : "distributed remove");
        await Eventually.TrueAsync(async () => await GetAsync(_evicting, key, "new") == "new", "the old value has left memory");
        Assert.That((await GetAsync(_plain, key, "new"), await GetAsync(_evicting, $"{key}:other", "made anew")), Is.EqualTo(("old", "other")));
    }

    private async Task ChangeAsync(string key, string how)
    {
        switch (how)
        {
            case "remove":
                await Hybrid(_changing).RemoveAsync(key);
                break;
            case "set":
                await Hybrid(_changing).SetAsync(key, "new");
                break;
            case "distributed remove":
                await _changing.Cache.RemoveAsync(key);
                break;
            case "delete":
                await _database.ExecuteAsync($"DELETE FROM solid_cache_entries WHERE key = '{key}'");
                break;
            default:
                await _database.ExecuteAsync("TRUNCATE solid_cache_entries");
                break;
        }
    }

    private static HybridCache Hybrid(CacheHost node) => node.Services.GetRequiredService<HybridCache>();

    private static async Task<string> GetAsync(CacheHost node, string key, string made) => await Hybrid(node).GetOrCreateAsync(key, _ => ValueTask.FromResult(made));

    private Task<CacheHost> StartAsync(bool evicts) => CacheHost.StartAsync(_database.ConnectionString, configureServices: services =>
    {
        services.AddHybridCache();
        if (evicts)
        {
            services.AddPostgresSolidCacheMemoryEviction();
        }
    });
}
