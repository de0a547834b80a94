using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using SolidCache.Postgres.IntegrationTests.Infrastructure;
using SolidCache.Postgres.Sql;

namespace SolidCache.Postgres.IntegrationTests.Invalidation;

/// <summary>A log that is not what it was: of another server, of another time, or of nobody.</summary>
public sealed class OtherLogs
{
    private static readonly SolidCacheEntryOptions AnHour = new() { AbsoluteExpirationRelativeToNow = TimeSpan.FromHours(1) };
    private readonly InvalidationStatements _statements = new(new(new("public", "solid_cache_entries")));
    private readonly ConcurrentQueue<SolidCacheInvalidation> _told = [];
    private TestDatabase _database = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _told.Clear();
        _database = await TestDatabase.CreateAsync();
        await using var node = await StartNodeAsync();
    }

    [TearDown]
    public async Task StopAsync() => await _database.DisposeAsync();

    /// <summary>A dump has the rows of unlogged tables too, and the server on which it is restored may have had fewer transactions.</summary>
    [Test]
    public async Task What_a_dump_of_a_server_brings_along_that_had_come_further_is_told_at_most_once([Values] bool withEpoch)
    {
        await _database.ExecuteAsync(
            "INSERT INTO solid_cache_invalidations (transaction, keys) SELECT (1000000000 + i)::text::xid8, '{restored}' FROM generate_series(1, 100) AS i");
        if (withEpoch)
        {
            await _database.ExecuteAsync("UPDATE solid_cache_invalidations SET pruned_to = '999999000', horizon = '1000000000' WHERE epoch IS NOT NULL");
        }

        await using var node = await StartNodeAsync();
        using var subscription = Of(node).Subscribe(_told.Enqueue);
        foreach (var key in (string[])["one", "two", "three"])
        {
            await node.Cache.SetAsync(key, [1], AnHour);
            await node.Cache.RemoveAsync(key);
            await Eventually.TrueAsync(() => _told.Any(told => told.Keys.Contains(key)), $"{key} is told");
        }

        Assert.That(_told.SelectMany(static told => told.Keys), Is.EquivalentTo((string[])["one", "two", "three"]));
        Assert.That(_told.Any(static told => told.IsEverything), Is.False);
    }

    [Test]
    public async Task While_nothing_is_logged_nothing_is_relied_on()
    {
        await using var node = await StartNodeAsync();
        using var subscription = Of(node).Subscribe(_told.Enqueue);
        await _database.ExecuteAsync("SELECT solid_cache_log_changes(false)");
        await Eventually.LoggedAsync(node, "invalidations_unread");
        await Eventually.TrueAsync(() => !Of(node).IsCurrent, "it is known that nothing is known");
        await node.Cache.SetAsync("key", [1], AnHour);
        await node.Cache.RemoveAsync("key");

        await _database.ExecuteAsync("SELECT solid_cache_log_changes(true)");
        await Of(node).WaitUntilCurrentAsync();
        Assert.That(_told.Count(static told => told.IsEverything), Is.EqualTo(1), "What was removed meanwhile is not known.");
    }

    [Test]
    public async Task What_a_clock_wrote_that_was_ahead_is_pruned()
    {
        await using var node = await StartNodeAsync();
        await node.Cache.SetAsync("key", [1], AnHour);
        await node.Cache.RemoveAsync("key");
        await _database.ExecuteAsync("UPDATE solid_cache_invalidations SET written_at = now() + interval '1 year'");
        await Eventually.TrueAsync(
            async () =>
            {
                await _database.ExecuteAsync(_statements.Mark);
                await _database.ExecuteAsync(_statements.Prune);
                await _database.ExecuteAsync("UPDATE solid_cache_invalidations SET written_at = written_at - interval '6 minutes' WHERE transaction = '0'");
                return await _database.ScalarAsync<long>("SELECT count(*) FROM solid_cache_invalidations WHERE keys @> '{key}'") == 0;
            },
            "it is pruned");
    }

    [TestCase("'{{a,b},{c,d}}', '{{e},{f}}'")]
    [TestCase("'[5:7][1:2]={{a,b},{c,d},{NULL,NULL}}', '{e,NULL,f}'")]
    public async Task What_somebody_has_written_in_another_shape_is_told_as_what_it_holds(string keysAndTags)
    {
        await using var node = await StartNodeAsync();
        using var subscription = Of(node).Subscribe(_told.Enqueue);
        await _database.ExecuteAsync($"INSERT INTO solid_cache_invalidations (keys, tags) VALUES ({keysAndTags})");
        await node.Cache.SetAsync("key", [1], AnHour);
        await node.Cache.RemoveAsync("key");
        await Eventually.TrueAsync(() => _told.Any(static told => told.Keys.Contains("key")), "what comes afterwards is told");

        Assert.That(_told.SelectMany(static told => told.Keys), Is.SupersetOf((string[])["a", "b", "c", "d"]));
        Assert.That(_told.SelectMany(static told => told.Tags), Is.SupersetOf((string[])["e", "f"]));
    }

    /// <summary>Of one row, compressed to a hundredth or not at all, and of many: as they would arrive, they have more than 64 MB.</summary>
    [TestCase("(keys) VALUES (ARRAY[repeat('x', 100000000)])")]
    [TestCase("(keys) SELECT array_agg(md5(i::text)) FROM generate_series(1, 1000000) AS i")]
    [TestCase("(keys) SELECT array_fill(NULL::text, ARRAY[20000000])")]
    [TestCase("(tags) SELECT ARRAY[repeat('x', 1000000)] FROM generate_series(1, 70)")]
    public async Task What_no_node_would_have_written_is_not_fetched_and_told_as_everything(string row)
    {
        await using var node = await StartNodeAsync();
        using var subscription = Of(node).Subscribe(_told.Enqueue);
        await _database.ExecuteAsync($"INSERT INTO solid_cache_invalidations {row}");
        await Eventually.TrueAsync(() => _told.Any(static told => told.IsEverything), "everything is told");
        Assert.That(_told.Where(static told => told.IsEverything), Has.All.Property("Keys").Empty.And.All.Property("Tags").Empty, "It stays where it is.");

        await node.Cache.SetAsync("key", [1], AnHour);
        await node.Cache.RemoveAsync("key");
        await Eventually.TrueAsync(() => _told.Any(static told => told.Keys.Contains("key")), "what comes afterwards is told");
        Assert.That(_told.Count(static told => told.IsEverything), Is.EqualTo(1));
    }

    /// <summary>Many together do arrive, of a publisher who has much to say. Alone, since others measure the process's memory.</summary>
    [Test]
    [NonParallelizable]
    public async Task Of_messages_those_arrive_that_a_node_would_have_written()
    {
        await using var node = await StartNodeAsync();
        using var subscription = Of(node).Subscribe(_told.Enqueue);
        var lengths = new ConcurrentQueue<int>();
        using var messages = Of(node).SubscribeMessages("x", message => lengths.Enqueue(message.Length));
        await _database.ExecuteAsync(
            """
            INSERT INTO solid_cache_invalidations (channel, message) VALUES ('x', convert_to(repeat('x', 100000000), 'UTF8')), (repeat('x', 100000000), 'a'), ('x', NULL);
            INSERT INTO solid_cache_invalidations (channel, message) SELECT 'x', convert_to(repeat('x', 1048576), 'UTF8') FROM generate_series(1, 70)
            """);
        await Eventually.TrueAsync(() => lengths.Count >= 70, "the messages are told");

        Assert.That(lengths, Has.Count.EqualTo(70).And.All.EqualTo(1_048_576));
        Assert.That(_told.Any(static told => told.IsEverything), Is.False);
    }

    /// <summary>As where somebody has written what a look cannot bring home: here, it lacks the right. A server that is away is another matter: what is remembered then outlasts it.</summary>
    [Test]
    public async Task What_cannot_be_read_is_passed_over_and_told_as_everything()
    {
        var role = $"reader_{Guid.NewGuid():N}";
        await _database.ExecuteAsync($"CREATE ROLE {role} LOGIN PASSWORD 'secret'; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}");
        try
        {
            await using var node = await StartNodeAsync(_database.ConnectionStringOf(role, "secret"));
            using var subscription = Of(node).Subscribe(_told.Enqueue);
            await _database.ExecuteAsync($"REVOKE SELECT ON solid_cache_invalidations FROM {role}; INSERT INTO solid_cache_invalidations (keys) VALUES ('{{missed}}')");
            await Task.Delay(TimeSpan.FromSeconds(8));
            await _database.ExecuteAsync($"GRANT SELECT ON solid_cache_invalidations TO {role}");
            await Eventually.TrueAsync(() => _told.Any(static told => told.IsEverything), "everything is told");

            await node.Cache.SetAsync("key", [1], AnHour);
            await node.Cache.RemoveAsync("key");
            await Eventually.TrueAsync(() => _told.Any(static told => told.Keys.Contains("key")), "what comes afterwards is told");
            Assert.That(_told.SelectMany(static told => told.Keys), Has.None.EqualTo("missed"));
            Assert.That(_told.Count(static told => told.IsEverything), Is.EqualTo(1));
        }
        finally
        {
            await _database.ExecuteAsync($"DROP OWNED BY {role}; DROP ROLE {role}");
        }
    }

    private static ISolidCacheInvalidations Of(CacheHost node) => node.Services.GetRequiredService<ISolidCacheInvalidations>();

    private async Task<CacheHost> StartNodeAsync(string? connectionString = null)
    {
        var node = await CacheHost.StartAsync(
            connectionString ?? _database.ConnectionString, options => (options.Invalidation.Enabled, options.CreateSchemaIfNotExists) = (true, connectionString is null));
        await Of(node).WaitUntilCurrentAsync();
        return node;
    }
}
