using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Testing;
using SolidCache.Postgres.IntegrationTests.Infrastructure;
using ZiggyCreatures.Caching.Fusion;

namespace SolidCache.Postgres.IntegrationTests.FusionCache;

/// <summary>What nodes are told that lose their connections, or the database, for a while.</summary>
public sealed class NodesAway
{
    private static readonly FusionCacheEntryOptions Away = new FusionCacheEntryOptions(TimeSpan.FromMinutes(10)).SetSkipDistributedCacheRead(true);
    private FusionNodes _nodes = null!;
    private int _keys;

    [SetUp]
    public async Task StartAsync() => _nodes = await FusionNodes.StartAsync();

    [TearDown]
    public async Task StopAsync() => await _nodes.DisposeAsync();

    [Test]
    public async Task A_node_whose_listener_is_killed_loses_nothing()
    {
        var keys = Enumerable.Range(0, 200).Select(_ => NewKey()).ToList();
        var kept = NewKey();
        await _nodes.RememberAsync(kept, "kept");
        foreach (var key in keys)
        {
            await _nodes.RememberAsync(key, "old");
        }

        using var done = new CancellationTokenSource();
        var kills = Task.Run(async () =>
        {
            while (!done.IsCancellationRequested)
            {
                await _nodes.Database.ExecuteAsync(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND (query LIKE '%solid_cache:invalidations */%' OR query LIKE '%solid_cache:listen%')");
                await Task.Delay(30);
            }
        });
        foreach (var (position, key) in keys.Index())
        {
            await _nodes[position % 3].RemoveAsync(key);
        }

        await done.CancelAsync();
        await kills;
        foreach (var cache in _nodes.All)
        {
            await Eventually.TrueAsync(() => keys.All(key => !IsRemembered(cache, key)), "all removals are told");
            Assert.That(IsRemembered(cache, kept), Is.True, "Nothing was lost, and so nothing had to expire.");
        }
    }

    [Test]
    public async Task A_node_that_was_away_is_told_what_happened_meanwhile()
    {
        await _nodes.Database.ExecuteAsync("CREATE ROLE fusion_away SUPERUSER LOGIN PASSWORD 'away'");
        try
        {
            var node = await _nodes.AddAsync(_nodes.Database.ConnectionStringOf("fusion_away", "away"));
            var (removed, replaced, kept, tag) = (NewKey(), NewKey(), NewKey(), NewKey());
            await _nodes.RememberAsync(kept, "kept");
            foreach (var key in (string[])[removed, replaced])
            {
                await _nodes.RememberAsync(key, "old", tag);
                await FusionNodes.GetAsync(node, key, "old", tag);
            }

            await FusionNodes.GetAsync(node, kept, "kept");
            await ExecuteAsync("ALTER ROLE fusion_away NOLOGIN; SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'fusion_away'");
            await _nodes[0].RemoveAsync(removed);
            await _nodes[1].SetAsync(replaced, "new");
            await FusionNodes.ServesAsync(_nodes[2], replaced, "new");
            Assert.That((IsRemembered(node, removed), IsRemembered(node, replaced)), Is.EqualTo((true, true)), "It cannot know.");

            await ExecuteAsync("ALTER ROLE fusion_away LOGIN");
            await Eventually.TrueAsync(() => !IsRemembered(node, removed), "the removal is told");
            await FusionNodes.ServesAsync(node, replaced, "new");
            Assert.That(IsRemembered(node, kept), Is.True);
            var logged = _nodes.Services(3).GetRequiredService<FakeLogCollector>().GetSnapshot();
            Assert.That(logged.Any(static record => record.Message.Contains("backplane re-connected", StringComparison.Ordinal)), Is.True);
        }
        finally
        {
            await StopAsync();
            await ExecuteAsync("DROP ROLE fusion_away");
        }
    }

    [Test]
    public async Task What_was_set_while_the_database_was_away_reaches_the_others_by_auto_recovery()
    {
        var key = NewKey();
        await _nodes.RememberAsync(key, "old");
        await _nodes.DatabaseGoesAsync();
        await _nodes[0].SetAsync(key, "new");
        Assert.That(await _nodes[1].GetOrDefaultAsync<string>(key), Is.EqualTo("old"));

        await _nodes.DatabaseComesBackAsync();
        foreach (var cache in _nodes.All)
        {
            await FusionNodes.ServesAsync(cache, key, "new");
        }
    }

    [Test]
    public async Task A_message_that_cannot_be_published_is_an_error()
    {
        await _nodes.DatabaseGoesAsync();
        var options = new FusionCacheEntryOptions(TimeSpan.FromMinutes(1))
        {
            SkipDistributedCacheRead = true,
            SkipDistributedCacheWrite = true,
            AllowBackgroundBackplaneOperations = false,
            ReThrowBackplaneExceptions = true,
        };
        await Assert.ThatAsync(async () => await _nodes[0].SetAsync(NewKey(), "value", options), Throws.TypeOf<FusionCacheBackplaneException>());
        await _nodes.DatabaseComesBackAsync();
        await _nodes[0].SetAsync(NewKey(), "value", options);
    }

    [Test]
    public async Task A_node_that_starts_while_the_database_is_away_listens_when_it_is_back()
    {
        var key = NewKey();
        await _nodes.DatabaseGoesAsync();
        var late = await _nodes.AddAsync(_nodes.Database.ConnectionString, static options => options.OperationTimeout = TimeSpan.FromSeconds(1));
        await _nodes.DatabaseComesBackAsync();
        await FusionNodes.GetAsync(late, key, "old");
        await Eventually.TrueAsync(async () => (await _nodes[0].TryGetAsync<string>(key)).HasValue, "the table has it");

        await _nodes.Services(3).GetRequiredService<ISolidCacheInvalidations>().WaitUntilCurrentAsync();
        await _nodes[0].SetAsync(key, "new");
        await FusionNodes.ServesAsync(late, key, "new");
    }

    [Test]
    public async Task A_node_that_was_away_for_too_long_expires_all_that_it_remembers()
    {
        var key = NewKey();
        await _nodes.RememberAsync(key, "old");
        await _nodes.Database.ExecuteAsync("UPDATE solid_cache_invalidations SET pruned_to = (pg_current_xact_id()::text::bigint + 1000)::text::xid8 WHERE transaction = '0'");
        foreach (var cache in _nodes.All)
        {
            await Eventually.TrueAsync(() => !IsRemembered(cache, key), "all is expired");
        }
    }

    [Test]
    public async Task More_messages_than_the_queue_holds_are_lost_and_all_that_is_remembered_expires()
    {
        var key = NewKey();
        await _nodes.RememberAsync(key, "old");
        await _nodes[0].SetAsync(NewKey(), "so that the channel is known");
        await Eventually.TrueAsync(
            async () => await _nodes.Database.ScalarAsync<long>("SELECT count(*) FROM solid_cache_invalidations WHERE channel IS NOT NULL") > 0, "a message is published");
        await _nodes.Database.ExecuteAsync(
            "INSERT INTO solid_cache_invalidations (channel, message) SELECT (SELECT min(channel) FROM solid_cache_invalidations), '\\x00' FROM generate_series(1, 19000)");
        foreach (var cache in _nodes.All)
        {
            await Eventually.TrueAsync(() => !IsRemembered(cache, key), "all is expired");
        }
    }

    private static bool IsRemembered(IFusionCache cache, string key) => cache.TryGet<string>(key, Away).HasValue;

    private static Task ExecuteAsync(string sql) => PostgresServer.ExecuteAsync(PostgresServer.ConnectionString, sql);

    private string NewKey() => $"fusion:{Interlocked.Increment(ref _keys)}";
}
