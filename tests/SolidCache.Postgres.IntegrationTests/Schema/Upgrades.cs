using System.Diagnostics;
using System.Globalization;
using Npgsql;
using SolidCache.Postgres.IntegrationTests.Infrastructure;
using SolidCache.Postgres.IntegrationTests.Schema.Version1;
using SolidCache.Postgres.IntegrationTests.Tool;

namespace SolidCache.Postgres.IntegrationTests.Schema;

/// <summary>A filled table of schema version 1 becomes one of today, under the load of libraries of then and now.</summary>
public sealed class Upgrades
{
    /// <summary>Of a kilobyte each, they make a table whose index is not made in passing. A million of them is for a machine that nobody else uses.</summary>
    private static readonly int Rows = int.Parse(Environment.GetEnvironmentVariable("SOLIDCACHE_UPGRADE_ROWS") ?? "30000", CultureInfo.InvariantCulture);

    private TestDatabase _database = null!;

    [SetUp]
    public async Task CreateDatabaseAsync()
    {
        _database = await TestDatabase.CreateAsync();
        await _database.ExecuteAsync(OldLibrary.SchemaScript);
    }

    [TearDown]
    public async Task DropDatabaseAsync() => await _database.DisposeAsync();

    /// <summary>Beyond what calls of a table that nobody upgrades take at the same time: others may need the processors too. It may once be longer on those, but not three times in a row.</summary>
    [Test, Retry(3)]
    public async Task Nobody_waits_for_it_longer_than_a_quarter_of_a_second_and_old_and_new_libraries_work_side_by_side()
    {
        await FillAsync();
        await using var aside = await TestDatabase.CreateAsync();
        await aside.ExecuteAsync(OldLibrary.SchemaScript);
        using var enough = new CancellationTokenSource();
        var load = Task.WhenAll(Enumerable.Range(0, 4).Select(number => LongestAsync(_database, $"load:{number}", enough.Token)));
        var unhindered = LongestAsync(aside, "load", enough.Token);

        await using (var node = await CacheHost.StartAsync(_database.ConnectionString))
        {
            await Eventually.TrueAsync(HasIndexAsync, "the index of the tags is made beside the load");
            await using var old = await OldLibrary.ConnectAsync(_database);
            Assert.That(await node.Cache.GetAsync("filled:7"), Has.Length.EqualTo(1_000));
            await node.Cache.SetAsync("new", [1], new SolidCacheEntryOptions { Tags = ["tag"], AllowStaleFor = TimeSpan.FromMinutes(1) });
            Assert.That(await old.GetAsync("new"), Is.EqualTo(new byte[] { 1 }));
            await old.SetAsync("new", [2]);
            Assert.That(await node.Cache.GetAsync("new"), Is.EqualTo(new byte[] { 2 }));
            await node.Cache.RemoveByTagAsync("tag");
            Assert.That(await old.GetAsync("new"), Is.Null, "It keeps the tags that it does not know.");
            await node.Cache.GetOrCreateAsync("made", _ => ValueTask.FromResult<byte[]>([3]));
            await old.RemoveAsync("made");
            Assert.That(await node.Cache.GetAsync("made"), Is.Null);
        }

        await enough.CancelAsync();
        TestContext.Out.WriteLine($"The longest call took {(await load).Max()}, beside the upgrade {await unhindered}.");
        Assert.That((await load).Max(), Is.LessThan(TimeSpan.FromSeconds(0.25) + await unhindered));
        Assert.That(await _database.ScalarAsync<int>("SELECT schema_version FROM solid_cache_state"), Is.EqualTo(PostgresSolidCacheSchema.Version));
    }

    [Test]
    public async Task It_waits_for_a_transaction_that_has_written_without_holding_up_anybody_else()
    {
        await using var writer = await _database.Source.OpenConnectionAsync();
        await using var lasting = await writer.BeginTransactionAsync();
        await using (var write = new NpgsqlCommand("INSERT INTO solid_cache_entries (expires_at, key, value) VALUES ('infinity', 'lasting', '')", writer, lasting))
        {
            await write.ExecuteNonQueryAsync();
        }

        var migration = ToolRun.OfAsync("migrate", "--connection-string", _database.ConnectionString);
        await Eventually.TrueAsync(
            () => _database.ScalarAsync<bool>("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'solid_cache_entries'::regclass)"), "the migration waits for the table");
        await using (var old = await OldLibrary.ConnectAsync(_database, "1s"))
        {
            for (var call = 0; call < 100; call++)
            {
                await old.SetAsync("key", [1]);
                Assert.That(await old.GetAsync("key"), Is.EqualTo(new byte[] { 1 }));
            }
        }

        Assert.That(migration.IsCompleted, Is.False);
        await lasting.CommitAsync();
        Assert.That((await migration).ExitCode, Is.Zero);
    }

    [Test]
    public async Task The_script_says_how_to_make_the_index_of_a_large_table_and_the_tool_makes_what_is_left_of_one()
    {
        await FillAsync();
        await using var connection = await _database.Source.OpenConnectionAsync();
        var warnings = new List<string>();
        connection.Notice += (_, told) => warnings.Add(told.Notice.MessageText);
        await RunAsync(connection, PostgresSolidCacheSchema.GetScript());
        Assert.That(await HasIndexAsync(), Is.False);

        var statement = warnings.Single(static warning => warning.StartsWith("The table is large", StringComparison.Ordinal)).Split(": ")[1];
        await RunAsync(connection, statement);
        Assert.That(await HasIndexAsync(), Is.True);
        warnings.Clear();
        await RunAsync(connection, PostgresSolidCacheSchema.GetScript());
        Assert.That(warnings, Has.None.StartsWith("The table is large"));

        await _database.ExecuteAsync("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'solid_cache_entries_tags_idx'::regclass");
        Assert.That((await ToolRun.OfAsync("migrate", "--connection-string", _database.ConnectionString)).ExitCode, Is.Zero);
        Assert.That(await HasIndexAsync(), Is.True);
    }

    [Test]
    public async Task What_the_owner_has_chosen_for_the_storage_of_values_stays()
    {
        await _database.ExecuteAsync("ALTER TABLE solid_cache_entries SET (toast_tuple_target = 2000), ALTER COLUMN value SET COMPRESSION pglz");
        Assert.That((await ToolRun.OfAsync("migrate", "--connection-string", _database.ConnectionString)).ExitCode, Is.Zero);
        Assert.That(await StorageAsync(), Is.EqualTo("2000 p"));

        await _database.ExecuteAsync("ALTER TABLE solid_cache_entries RESET (toast_tuple_target), ALTER COLUMN value SET COMPRESSION default");
        await _database.ExecuteAsync("DROP FUNCTION solid_cache_log_changes(boolean)");
        Assert.That((await ToolRun.OfAsync("migrate", "--connection-string", _database.ConnectionString)).ExitCode, Is.Zero);
        Assert.That(await StorageAsync(), Is.EqualTo(" "), "All migrations have run again.");
        Assert.That(await _database.ScalarAsync<bool>("SELECT to_regprocedure('solid_cache_log_changes(boolean)') IS NOT NULL"), Is.True);
    }

    /// <summary>Sets, touches, gets and removes until it is enough.</summary>
    /// <returns>How long one of these took at most.</returns>
    private static async Task<TimeSpan> LongestAsync(TestDatabase database, string keys, CancellationToken enough)
    {
        await using var old = await OldLibrary.ConnectAsync(database);
        var longest = TimeSpan.Zero;
        for (var round = 0; !enough.IsCancellationRequested; round++)
        {
            var key = $"{keys}:{round % 100}";
            byte[] value = [(byte)round];
            await TimeAsync(old.SetAsync(key, value));
            await TimeAsync(old.TouchAsync(key));
            var got = old.GetAsync(key);
            await TimeAsync(got);
            Assert.That(await got, Is.EqualTo(value));
            await TimeAsync(old.RemoveAsync(key));
        }

        return longest;

        async Task TimeAsync(Task call)
        {
            var began = Stopwatch.GetTimestamp();
            await call;
            longest = Stopwatch.GetElapsedTime(began) is var time && time > longest ? time : longest;
        }
    }

    private Task<string> StorageAsync() => _database.ScalarAsync<string>(
        """
        SELECT coalesce((SELECT split_part(option, '=', 2) FROM unnest(reloptions) AS option WHERE option LIKE 'toast_tuple_target=%'), '') || ' ' || attcompression::text
        FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attname = 'value'
        WHERE pg_class.oid = 'solid_cache_entries'::regclass
        """);

    private Task FillAsync() => _database.ExecuteAsync(
        $"""
        ALTER TABLE solid_cache_entries ALTER COLUMN value SET STORAGE PLAIN;
        INSERT INTO solid_cache_entries (expires_at, key, value) SELECT 'infinity', 'filled:' || i, decode(repeat('00', 1000), 'hex') FROM generate_series(1, {Rows}) AS i;
        """);

    private Task<bool> HasIndexAsync() => _database.ScalarAsync<bool>(
        "SELECT EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass('solid_cache_entries_tags_idx') AND indisvalid)");

    private static async Task RunAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
