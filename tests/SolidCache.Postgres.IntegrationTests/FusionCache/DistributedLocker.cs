using Microsoft.Extensions.DependencyInjection;
using SolidCache.Postgres.IntegrationTests.Infrastructure;
using ZiggyCreatures.Caching.Fusion;

namespace SolidCache.Postgres.IntegrationTests.FusionCache;

/// <summary>What FusionCache's documentation says of the distributed locker, on three nodes.</summary>
public sealed class DistributedLocker
{
    private FusionNodes _nodes = null!;
    private int _keys;

    [OneTimeSetUp]
    public async Task StartAsync() => _nodes = await FusionNodes.StartAsync(build: static builder => builder.WithPostgresSolidCacheDistributedLocker());

    [OneTimeTearDown]
    public async Task StopAsync() => await _nodes.DisposeAsync();

    [Test]
    public async Task A_stampede_of_three_nodes_runs_the_factory_once([Values] bool async)
    {
        for (var round = 0; round < 5; round++)
        {
            var (key, runs) = (NewKey(), 0);
            var values = await Task.WhenAll(Enumerable.Range(0, 60).Select(caller => Task.Run(async () => async
                ? await _nodes[caller % 3].GetOrSetAsync<string>(key, MakeAsync)
                : _nodes[caller % 3].GetOrSet<string>(key, _ => Make()))));
            Assert.That((values.Distinct().Single(), runs), Is.EqualTo(("1", 1)));

            async Task<string> MakeAsync(FusionCacheFactoryExecutionContext<string> context, CancellationToken token)
            {
                await Task.Delay(100, token);
                return $"{Interlocked.Increment(ref runs)}";
            }

            // Nothing that needs a thread of the pool: all of them may wait for this.
            string Make()
            {
                Thread.Sleep(100);
                return $"{Interlocked.Increment(ref runs)}";
            }
        }
    }

    [Test]
    public async Task Whoever_waits_for_too_long_makes_the_value_for_himself()
    {
        var key = NewKey();
        await using var held = await HoldAsync(key);
        var options = new FusionCacheEntryOptions(TimeSpan.FromMinutes(1)).SetDistributedLockTimeout(TimeSpan.FromMilliseconds(200));
        Assert.That(await _nodes[1].GetOrSetAsync<string>(key, static _ => Task.FromResult("mine"), options), Is.EqualTo("mine"));
    }

    [Test]
    public async Task The_lock_of_a_node_that_died_is_taken_when_its_lease_ends()
    {
        var key = NewKey();
        await using var held = await HoldAsync(key);
        var waiting = _nodes[1].GetOrSetAsync<string>(key, static _ => Task.FromResult("mine")).AsTask();
        await Task.Delay(100);
        Assert.That(waiting.IsCompleted, Is.False);
        await _nodes.Database.ExecuteAsync("UPDATE solid_cache_entries SET lease_ends_at = now() WHERE key LIKE 'solid_cache_lock^%'");
        Assert.That(await waiting, Is.EqualTo("mine"));
    }

    [Test]
    public async Task While_the_database_is_away_nobody_waits_for_a_lock()
    {
        await using var nodes = await FusionNodes.StartAsync(1, build: static builder => builder.WithPostgresSolidCacheDistributedLocker());
        await nodes.DatabaseGoesAsync();
        Assert.That(await FusionNodes.GetAsync(nodes[0], NewKey(), "made"), Is.EqualTo("made"));
        await nodes.DatabaseComesBackAsync();
    }

    [Test]
    public async Task A_keyed_cache_is_the_second_level_the_backplane_and_the_locker_of_its_own_nodes()
    {
        await using var one = await StartKeyedAsync();
        await using var other = await StartKeyedAsync();
        var key = NewKey();
        foreach (var node in (CacheHost[])[one, other])
        {
            await FusionNodes.GetAsync(node.Services.GetRequiredService<IFusionCache>(), key, "old");
        }

        await one.Services.GetRequiredService<IFusionCache>().SetAsync(key, "new");
        await FusionNodes.ServesAsync(other.Services.GetRequiredService<IFusionCache>(), key, "new");
        Assert.That(await _nodes.Database.ScalarAsync<long>($"SELECT count(*) FROM keyed_entries WHERE key LIKE '%{key}%'"), Is.EqualTo(2), "The entry, and its lock.");
    }

    private Task<CacheHost> StartKeyedAsync() => CacheHost.StartAsync(_nodes.Database.ConnectionString, configureServices: services =>
    {
        services.AddKeyedPostgresSolidCache("keyed", options =>
            (options.ConnectionString, options.TableName, options.SweepExpiredEntries) = (_nodes.Database.ConnectionString, "keyed_entries", false));
        services.AddFusionCache()
            .WithOptions(static options => options.WaitForInitialBackplaneSubscribe = true)
            .WithSerializer(new ZiggyCreatures.Caching.Fusion.Serialization.SystemTextJson.FusionCacheSystemTextJsonSerializer())
            .WithRegisteredKeyedDistributedCache("keyed")
            .WithKeyedPostgresSolidCacheBackplane("keyed")
            .WithKeyedPostgresSolidCacheDistributedLocker("keyed");
    });

    /// <summary>Has another node hold the lock of a key, whatever FusionCache calls it: the factory of one that runs for as long as it is held.</summary>
    private async Task<IAsyncDisposable> HoldAsync(string key)
    {
        var (begun, ended) = (new TaskCompletionSource(), new TaskCompletionSource());
        var run = _nodes[0].GetOrSetAsync<string>(key, async _ =>
        {
            begun.SetResult();
            await ended.Task;
            return "theirs";
        }).AsTask();
        await begun.Task;
        return new Held(ended, run);
    }

    private string NewKey() => $"locked:{Interlocked.Increment(ref _keys)}";

    private sealed class Held(TaskCompletionSource ended, Task run) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            ended.SetResult();
            await run;
        }
    }
}
