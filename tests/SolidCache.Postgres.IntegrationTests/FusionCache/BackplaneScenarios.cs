using SolidCache.Postgres.IntegrationTests.Infrastructure;
using ZiggyCreatures.Caching.Fusion;

namespace SolidCache.Postgres.IntegrationTests.FusionCache;

/// <summary>What FusionCache's documentation says of several nodes, on three of them.</summary>
public sealed class BackplaneScenarios
{
    private FusionNodes _nodes = null!;
    private int _keys;

    [OneTimeSetUp]
    public async Task StartAsync() => _nodes = await FusionNodes.StartAsync();

    [OneTimeTearDown]
    public async Task StopAsync() => await _nodes.DisposeAsync();

    [Test]
    public async Task A_value_is_made_once_and_read_by_the_others_from_the_table()
    {
        var key = NewKey();
        var made = 0;
        foreach (var cache in _nodes.All)
        {
            Assert.That(await cache.GetOrSetAsync<int>(key, _ => Task.FromResult(Interlocked.Increment(ref made))), Is.EqualTo(1));
        }
    }

    [Test]
    public async Task What_one_node_sets_the_others_serve()
    {
        var key = NewKey();
        await _nodes.RememberAsync(key, "old");
        await _nodes[0].SetAsync(key, "new");
        foreach (var cache in _nodes.All)
        {
            await FusionNodes.ServesAsync(cache, key, "new");
        }
    }

    [Test]
    public async Task What_one_node_removes_or_expires_the_others_forget([Values("remove", "expire", "tag", "clear", "remove, sync")] string how)
    {
        var (key, tag) = (NewKey(), NewKey());
        await _nodes.RememberAsync(key, "old", tag);
        await (how switch
        {
            "remove" => _nodes[0].RemoveAsync(key).AsTask(),
            "expire" => _nodes[0].ExpireAsync(key).AsTask(),
            "tag" => _nodes[0].RemoveByTagAsync(tag).AsTask(),
            "clear" => _nodes[0].ClearAsync().AsTask(),
            _ => Synchronously(() => _nodes[0].Remove(key)),
        });
        foreach (var cache in _nodes.All)
        {
            await Eventually.TrueAsync(async () => !(await cache.TryGetAsync<string>(key)).HasValue, $"the old value is forgotten after {how}");
        }
    }

    [Test]
    public async Task A_tag_removes_its_own_entries_and_no_others()
    {
        var (key, other, tag) = (NewKey(), NewKey(), NewKey());
        await _nodes.RememberAsync(key, "old", tag);
        await _nodes.RememberAsync(other, "kept", NewKey());
        await _nodes[1].RemoveByTagAsync(tag);
        foreach (var cache in _nodes.All)
        {
            await Eventually.TrueAsync(async () => !(await cache.TryGetAsync<string>(key)).HasValue, "the tag's entry is gone");
            Assert.That(await cache.GetOrDefaultAsync<string>(other), Is.EqualTo("kept"));
        }
    }

    [Test]
    public async Task An_expired_value_is_served_when_its_factory_fails_also_on_a_node_that_did_not_make_it()
    {
        var key = NewKey();
        var options = new FusionCacheEntryOptions(TimeSpan.FromMinutes(1)).SetFailSafe(true);
        foreach (var cache in _nodes.All)
        {
            await cache.GetOrSetAsync<string>(key, _ => Task.FromResult("old"), options);
        }

        await _nodes[0].ExpireAsync(key, options);
        foreach (var cache in _nodes.All)
        {
            await Eventually.TrueAsync(async () => !(await cache.TryGetAsync<string>(key)).HasValue, "it is expired");
            Assert.That(await cache.GetOrSetAsync<string>(key, static _ => throw new InvalidOperationException("The database is away."), options), Is.EqualTo("old"));
        }
    }

    [Test]
    public async Task A_value_that_is_refreshed_eagerly_reaches_the_other_nodes()
    {
        var key = NewKey();
        var options = new FusionCacheEntryOptions(TimeSpan.FromSeconds(20)).SetEagerRefresh(0.01f);
        foreach (var cache in _nodes.All)
        {
            await cache.GetOrSetAsync<string>(key, _ => Task.FromResult("old"), options);
        }

        // The first read past the threshold is answered with the old value, and has a new one made.
        await Eventually.TrueAsync(async () => await _nodes[0].GetOrSetAsync<string>(key, _ => Task.FromResult("new"), options) == "new", "it is refreshed");
        await FusionNodes.ServesAsync(_nodes[1], key, "new");
        await FusionNodes.ServesAsync(_nodes[2], key, "new");
    }

    [Test]
    public async Task A_node_hears_nothing_of_caches_with_another_name_or_channel()
    {
        var heard = 0;
        _nodes[1].Events.Backplane.MessageReceived += (_, _) => Interlocked.Increment(ref heard);
        var other = await _nodes.AddAsync(_nodes.Database.ConnectionString, name: "another");
        var key = NewKey();
        await other.SetAsync(NewKey(), "theirs");
        // What was published later has arrived, and so has what came before.
        await _nodes[0].SetAsync(key, "ours");
        await Eventually.TrueAsync(() => Volatile.Read(ref heard) > 0, "the set is told");
        Assert.That(heard, Is.EqualTo(1));
    }

    private static Task Synchronously(Action action)
    {
        action();
        return Task.CompletedTask;
    }

    private string NewKey() => $"fusion:{Interlocked.Increment(ref _keys)}";
}
