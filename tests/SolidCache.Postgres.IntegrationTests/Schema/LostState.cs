using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using SolidCache.Postgres.IntegrationTests.Infrastructure;
using SolidCache.Postgres.IntegrationTests.Tool;

namespace SolidCache.Postgres.IntegrationTests.Schema;

/// <summary>What is emptied, dropped or restored by half heals, or says exactly what is missing.</summary>
public sealed class LostState
{
    private TestDatabase _database = null!;

    [SetUp]
    public async Task CreateDatabaseAsync() => _database = await TestDatabase.CreateAsync();

    [TearDown]
    public async Task DropDatabaseAsync() => await _database.DisposeAsync();

    [Test]
    public async Task Tables_that_were_emptied_together_are_swept_on()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var node = await CacheHost.StartAsync(
            _database.ConnectionString, options => options.SweepExpiredEntries = true, services => services.AddSingleton<TimeProvider>(clock));
        await Eventually.LoggedAsync(node, "cache_cleanup_executed");

        await _database.ExecuteAsync("TRUNCATE solid_cache_entries, solid_cache_state");
        await _database.ExecuteAsync("INSERT INTO solid_cache_entries (expires_at, key, value) VALUES (now() - interval '1 second', 'expired', '')");
        Assert.That((await node.Cache.GetStatisticsAsync()).TimeSinceLastSweep, Is.Null, "Statistics are to be had.");
        await Eventually.TrueAsync(
            () =>
            {
                clock.Advance(TimeSpan.FromHours(1.2));
                return _database.ScalarAsync<bool>("SELECT count(*) = 1 AND bool_and(last_sweep_finished_at IS NOT NULL) FROM solid_cache_state");
            },
            "the next sweep makes the row anew, and sweeps");
        Assert.That(await _database.ScalarAsync<long>("SELECT count(*) FROM solid_cache_entries"), Is.Zero);
    }

    [Test]
    public async Task A_sweep_by_hand_heals_it_too()
    {
        await using var node = await CacheHost.StartAsync(_database.ConnectionString);
        await _database.ExecuteAsync("TRUNCATE solid_cache_entries, solid_cache_state");

        Assert.That(await node.Cache.RemoveExpiredAsync(), Is.Zero);
        await node.Cache.RemoveExpiredAsync();
        Assert.That((await node.Cache.GetStatisticsAsync()).TimeSinceLastSweep, Is.Not.Null);
    }

    [Test]
    public async Task An_older_table_that_is_put_back_beside_the_state_of_today_is_brought_up_to_date_by_the_next_start()
    {
        await _database.ExecuteAsync(PostgresSolidCacheSchema.GetScript());
        await _database.ExecuteAsync(
            """
            INSERT INTO solid_cache_entries (expires_at, key, value) VALUES ('infinity', 'kept', '\x01');
            ALTER TABLE solid_cache_entries DROP COLUMN compressed, DROP COLUMN tags, DROP COLUMN made_after, ALTER COLUMN value SET NOT NULL
            """);
        await RefusedAsync("lacks tags text[], made_after pg_snapshot, compressed bytea");

        await using var node = await CacheHost.StartAsync(_database.ConnectionString, static options => options.CompressValuesFrom = 1);
        await node.Cache.SetAsync("tagged", new byte[1_000], new SolidCacheEntryOptions { Tags = ["tag"] });
        Assert.That((await node.Cache.GetAsync("kept"), await node.Cache.GetAsync("tagged")), Is.EqualTo(((byte[]?)[1], (byte[]?)new byte[1_000])));
    }

    [Test]
    public async Task Where_nothing_may_be_made_the_message_names_what_is_missing()
    {
        await _database.ExecuteAsync(PostgresSolidCacheSchema.GetScript());
        await _database.ExecuteAsync("TRUNCATE solid_cache_state");
        var version = PostgresSolidCacheSchema.Version;
        var insert = $"INSERT INTO \"public\".\"solid_cache_state\" (schema_version, minimum_library_version) VALUES ({version}, {version});";
        await RefusedAsync(insert);
        await _database.ExecuteAsync(insert);
        Assert.That((await ToolRun.OfAsync("stats", "--connection-string", _database.ConnectionString)).ExitCode, Is.Zero);

        await _database.ExecuteAsync("DROP TABLE solid_cache_state");
        await RefusedAsync("The table \"public\".\"solid_cache_state\" of the cache public.solid_cache_entries is not there");

        await _database.ExecuteAsync(PostgresSolidCacheSchema.GetScript());
        await _database.ExecuteAsync("DROP TABLE solid_cache_entries");
        await RefusedAsync("The table \"public\".\"solid_cache_entries\" of the cache public.solid_cache_entries is not there");
    }

    [Test]
    public async Task Without_its_primary_key_the_table_is_refused_with_what_makes_it()
    {
        await _database.ExecuteAsync(PostgresSolidCacheSchema.GetScript());
        await _database.ExecuteAsync("ALTER TABLE solid_cache_entries DROP CONSTRAINT solid_cache_entries_pkey");
        await RefusedAsync("ALTER TABLE \"public\".\"solid_cache_entries\" ADD PRIMARY KEY (key);");
    }

    [TestCase("DELETE FROM solid_cache_state")]
    [TestCase("DROP TABLE solid_cache_state")]
    [TestCase("DROP TABLE solid_cache_entries")]
    [TestCase("DROP FUNCTION cleanup_expired_cache")]
    [TestCase("DROP PROCEDURE sweep_expired_cache")]
    [TestCase("DROP FUNCTION solid_cache_remove")]
    [TestCase("DROP TABLE solid_cache_tag_removals")]
    public async Task What_is_missing_at_the_start_is_made_anew(string loss)
    {
        await _database.ExecuteAsync(PostgresSolidCacheSchema.GetScript());
        await _database.ExecuteAsync(loss);
        await using var node = await CacheHost.StartAsync(_database.ConnectionString);

        await node.Cache.SetAsync("key", [1], new());
        Assert.That((await ToolRun.OfAsync("verify", "--connection-string", _database.ConnectionString)).ExitCode, Is.Zero);
    }

    [Test]
    public async Task Tables_that_are_dropped_again_at_once_are_made_again_within_seconds()
    {
        await using var node = await CacheHost.StartAsync(_database.ConnectionString);
        for (var round = 0; round < 3; round++)
        {
            await node.Cache.SetAsync("key", [1], new());
            await _database.ExecuteAsync("DROP TABLE solid_cache_entries, solid_cache_state");
            await Eventually.TrueAsync(
                async () =>
                {
                    try
                    {
                        await node.Cache.SetAsync("key", [1], new());
                        return true;
                    }
                    catch (SolidCacheException)
                    {
                        return false;
                    }
                },
                $"the tables are made anew, round {round}",
                TimeSpan.FromSeconds(10));
        }
    }

    [Test]
    public async Task A_function_of_a_schema_that_was_renamed_sweeps_no_other_table()
    {
        // Each on a connection of its own, as a scheduler's: a session that had called the function before still knows it by its old name.
        Task AnewAsync(string sql) => PostgresServer.ExecuteAsync(_database.ConnectionString + ";Pooling=false", sql);

        await _database.ExecuteAsync(PostgresSolidCacheSchema.GetScript("shop"));
        await _database.ExecuteAsync("ALTER SCHEMA shop RENAME TO old_shop");
        await _database.ExecuteAsync(PostgresSolidCacheSchema.GetScript("shop"));
        await _database.ExecuteAsync("INSERT INTO shop.solid_cache_entries (expires_at, key, value) VALUES ('-infinity', 'expired', '')");

        foreach (var sweep in (string[])["SELECT old_shop.cleanup_expired_cache()", "CALL old_shop.sweep_expired_cache()"])
        {
            await Assert.ThatAsync(
                () => AnewAsync(sweep), Throws.TypeOf<Npgsql.PostgresException>().With.Message.Contains("was renamed after it was made for \"shop\".\"solid_cache_entries\""), sweep);
        }

        await _database.ExecuteAsync("INSERT INTO old_shop.solid_cache_entries (expires_at, key, value) VALUES ('-infinity', 'expired', '')");
        await using var node = await CacheHost.StartAsync(_database.ConnectionString, options => options.SchemaName = "old_shop");

        await AnewAsync("SELECT old_shop.cleanup_expired_cache()");
        Assert.That(await _database.ScalarAsync<long>("SELECT count(*) FROM old_shop.solid_cache_entries"), Is.Zero, "The start made it anew.");
        await AnewAsync("CALL old_shop.sweep_expired_cache()");
        Assert.That(await _database.ScalarAsync<long>("SELECT count(*) FROM shop.solid_cache_entries"), Is.EqualTo(1));
        Assert.That(await _database.ScalarAsync<long>("SELECT shop.cleanup_expired_cache()"), Is.EqualTo(1));
    }

    private async Task RefusedAsync(string message)
    {
        await using var node = CacheHost.Build(_database.ConnectionString, options => options.CreateSchemaIfNotExists = false);
        await Assert.ThatAsync(() => node.Cache.GetAsync("key"), Throws.TypeOf<SolidCacheException>().With.Message.Contains(message));
        Assert.That((await ToolRun.OfAsync("stats", "--connection-string", _database.ConnectionString)).Error, Does.Contain(message));
    }
}
