using SolidCache.Postgres.IntegrationTests.Infrastructure;
using SolidCache.Postgres.IntegrationTests.Tool;

namespace SolidCache.Postgres.IntegrationTests.Schema;

/// <summary>What has a name of the cache's and was not made by it is refused, by the host and by the tool, before anything is made, swept or believed.</summary>
public sealed class ForeignObjects
{
    private const string Sessions =
        """
        CREATE TABLE sessions (id bigint PRIMARY KEY, user_id bigint, token text, expires_at timestamptz);
        INSERT INTO sessions VALUES (1, 1, 'a', now() - interval '1 day'), (2, 2, 'b', now() + interval '1 day');
        """;

    private const string OfThePythonService =
        """
        CREATE TABLE solid_cache_entries (key varchar(255) PRIMARY KEY, value jsonb NOT NULL, expires_at timestamptz);
        INSERT INTO solid_cache_entries VALUES ('a', '{}', now() - interval '1 day');
        CREATE FUNCTION cleanup_expired_cache() RETURNS integer LANGUAGE sql AS 'SELECT 7';
        """;

    private const string OfRails =
        """
        CREATE TABLE solid_cache_entries (
          id bigserial PRIMARY KEY, key bytea NOT NULL, value bytea NOT NULL, created_at timestamp NOT NULL, key_hash bigint NOT NULL UNIQUE, byte_size integer NOT NULL);
        INSERT INTO solid_cache_entries (key, value, created_at, key_hash, byte_size) VALUES ('a', 'b', now(), 1, 1);
        """;

    private TestDatabase _database = null!;

    [SetUp]
    public async Task CreateDatabaseAsync() => _database = await TestDatabase.CreateAsync();

    [TearDown]
    public async Task DropDatabaseAsync() => await _database.DisposeAsync();

    [TestCase("sessions", Sessions, "id bigint, user_id bigint, token text, expires_at timestamp with time zone")]
    [TestCase("solid_cache_entries", OfThePythonService, "key character varying(255), value jsonb, expires_at timestamp with time zone")]
    [TestCase("solid_cache_entries", OfRails, "key_hash bigint")]
    public async Task A_table_of_somebody_else_is_refused_and_stays_as_it_is(string table, string sql, string columns)
    {
        await _database.ExecuteAsync(sql);
        var before = await ContentAsync(table);

        foreach (var creates in (bool[])[true, false])
        {
            await using var node = CacheHost.Build(
                _database.ConnectionString, options => (options.TableName, options.SweepExpiredEntries, options.CreateSchemaIfNotExists) = (table, true, creates));
            await Assert.ThatAsync(
                () => node.StartAsync(),
                Throws.TypeOf<SolidCacheException>().With.Message.Contains($"\"public\".\"{table}\" is a table that this library did not make").And.Message.Contains(columns)
                    .And.Message.Contains("TableName").And.Message.Contains("RENAME TO"));
            await Assert.ThatAsync(() => node.Cache.SetAsync("key", [1], new()), Throws.TypeOf<SolidCacheException>());
            await Assert.ThatAsync(() => node.Cache.RemoveExpiredAsync(), Throws.TypeOf<SolidCacheException>());
        }

        foreach (var command in (string[])["migrate", "verify", "stats", "cleanup"])
        {
            var run = await ToolRun.OfAsync(command, "--table", table, "--connection-string", _database.ConnectionString);
            Assert.That((run.ExitCode, run.Error), Is.EqualTo((70, run.Error)), command);
            Assert.That(run.Error, Does.Contain("did not make").And.Contain(columns), command);
        }

        Assert.That(await ContentAsync(table), Is.EqualTo(before));
        await using var elsewhere = await CacheHost.StartAsync(_database.ConnectionString, options => options.TableName = "another_name");
        await elsewhere.Cache.SetAsync("key", [1], new());
    }

    [TestCase(Sessions, "sessions")]
    [TestCase(OfThePythonService, "solid_cache_entries")]
    public async Task The_script_refuses_it_too(string sql, string table)
    {
        await _database.ExecuteAsync(sql);
        var before = await ContentAsync(table);

        await Assert.ThatAsync(
            () => _database.ExecuteAsync(PostgresSolidCacheSchema.GetScript(tableName: table)),
            Throws.TypeOf<Npgsql.PostgresException>().With.Message.Contains("is not one of SolidCache.Postgres"));
        Assert.That(await ContentAsync(table), Is.EqualTo(before));
    }

    [Test]
    public async Task A_function_of_somebody_else_is_refused_before_its_calls_become_ambiguous()
    {
        await _database.ExecuteAsync("CREATE FUNCTION cleanup_expired_cache() RETURNS integer LANGUAGE sql AS 'SELECT 7'");
        await using var node = CacheHost.Build(_database.ConnectionString);

        await Assert.ThatAsync(
            () => node.StartAsync(),
            Throws.TypeOf<SolidCacheException>().With.Message.Contains("\"public\".cleanup_expired_cache() RETURNS integer is a routine that this library did not make")
                .And.Message.Contains("ALTER ROUTINE \"public\".cleanup_expired_cache() RENAME TO"));
        Assert.That(await _database.ScalarAsync<int>("SELECT cleanup_expired_cache()"), Is.EqualTo(7));
        Assert.That(await _database.ScalarAsync<bool>("SELECT to_regclass('solid_cache_entries') IS NULL"), Is.True);
    }

    [Test]
    public async Task A_state_table_of_somebody_else_is_refused()
    {
        await _database.ExecuteAsync("CREATE TABLE orders_state (id bigint PRIMARY KEY, state text)");
        await using var node = CacheHost.Build(_database.ConnectionString, options => options.TableName = "orders");

        await Assert.ThatAsync(() => node.StartAsync(), Throws.TypeOf<SolidCacheException>().With.Message.Contains("\"public\".\"orders_state\" is a table that this library did not make"));
        Assert.That(await _database.ScalarAsync<bool>("SELECT to_regclass('orders') IS NULL"), Is.True);
    }

    [TestCase("PARTITION BY HASH (key)", "a partitioned table")]
    [TestCase("", "the child table below", "CREATE TABLE below () INHERITS (solid_cache_entries)")]
    [TestCase("", "the rule away", "CREATE RULE away AS ON DELETE TO solid_cache_entries DO INSTEAD NOTHING")]
    public async Task A_table_of_another_kind_is_refused(string partitions, string what, string then = "SELECT 1")
    {
        await ReplaceAsync(partitions);
        await _database.ExecuteAsync(then);
        await using var node = CacheHost.Build(_database.ConnectionString);

        await Assert.ThatAsync(() => node.StartAsync(), Throws.TypeOf<SolidCacheException>().With.Message.Contains(what));
        await Assert.ThatAsync(() => node.Cache.RemoveExpiredAsync(), Throws.TypeOf<SolidCacheException>());
        Assert.That((await ToolRun.OfAsync("cleanup", "--connection-string", _database.ConnectionString)).Error, Does.Contain(what));
    }

    [Test]
    public async Task A_view_is_refused()
    {
        await _database.ExecuteAsync(PostgresSolidCacheSchema.GetScript());
        await _database.ExecuteAsync("ALTER TABLE solid_cache_entries RENAME TO below; CREATE VIEW solid_cache_entries AS SELECT * FROM below");
        await using var node = CacheHost.Build(_database.ConnectionString);

        await Assert.ThatAsync(() => node.StartAsync(), Throws.TypeOf<SolidCacheException>().With.Message.Contains("is a view, which the cache does not support"));
    }

    /// <summary>Citus itself is not at hand; its catalog is all that tells.</summary>
    [Test]
    public async Task A_table_that_Citus_distributes_is_refused()
    {
        await _database.ExecuteAsync(PostgresSolidCacheSchema.GetScript());
        await _database.ExecuteAsync(
            """
            SET allow_system_table_mods = on;
            CREATE TABLE pg_catalog.pg_dist_partition (logicalrelid regclass, partmethod "char");
            """);
        await using (var node = await CacheHost.StartAsync(_database.ConnectionString))
        {
            await node.Cache.SetAsync("key", [1], new());
        }

        await _database.ExecuteAsync("INSERT INTO pg_catalog.pg_dist_partition VALUES ('solid_cache_entries', 'h')");
        await using var distributed = CacheHost.Build(_database.ConnectionString);
        await Assert.ThatAsync(() => distributed.StartAsync(), Throws.TypeOf<SolidCacheException>().With.Message.Contains("Citus distributes").And.Message.Contains("undistribute_table"));
    }

    /// <summary>Whatever comes of a check: a sweep deletes no row that lives, also where a place is the place of several rows.</summary>
    [Test]
    public async Task A_sweep_of_a_table_that_was_partitioned_meanwhile_deletes_nothing_that_lives([Values] bool byProcedure)
    {
        await using var node = await CacheHost.StartAsync(_database.ConnectionString);
        await node.Cache.SetAsync("key", [1], new());
        await ReplaceAsync("PARTITION BY HASH (key)");
        await _database.ExecuteAsync(
            """
            CREATE TABLE leaf_0 PARTITION OF solid_cache_entries FOR VALUES WITH (MODULUS 2, REMAINDER 0);
            CREATE TABLE leaf_1 PARTITION OF solid_cache_entries FOR VALUES WITH (MODULUS 2, REMAINDER 1);
            INSERT INTO solid_cache_entries (expires_at, key, value)
            SELECT CASE WHEN satisfies_hash_partition('solid_cache_entries'::regclass, 2, 0, 'k' || i) THEN now() - interval '1 second' ELSE 'infinity' END, 'k' || i, ''
            FROM generate_series(1, 500) AS i
            """);
        var living = await _database.ScalarAsync<long>("SELECT count(*) FROM leaf_1");

        if (byProcedure)
        {
            await _database.ExecuteAsync("CALL sweep_expired_cache()");
        }
        else
        {
            var names = new SolidCache.Postgres.Sql.SqlNames(new SolidCache.Postgres.Entries.TableName("public", "solid_cache_entries"));
            await using var command = _database.Source.CreateCommand(new SolidCache.Postgres.Sweeping.SweepStatements(names).DeleteSlice);
            command.Parameters.AddWithValue(0L);
            command.Parameters.AddWithValue(1_000L);
            await command.ExecuteNonQueryAsync();
        }

        Assert.That(await _database.ScalarAsync<long>("SELECT count(*) FROM leaf_1"), Is.EqualTo(living).And.Positive);
        Assert.That(await _database.ScalarAsync<long>("SELECT count(*) FROM leaf_0"), Is.EqualTo(500 - living), "Nor anything else: the rows of a partition are no entries.");
    }

    /// <summary>A node looks at its tables when it starts, and when a statement finds them changed.</summary>
    [Test]
    public async Task A_table_that_takes_the_place_of_the_caches_under_a_running_node_loses_nothing([Values] bool coalescing)
    {
        await using var node = await CacheHost.StartAsync(_database.ConnectionString, options => options.Coalescing = coalescing);
        await node.Cache.SetAsync("a", [1], new());
        await RemoveAllAsync(node.Cache);
        await _database.ExecuteAsync(
            """
            ALTER TABLE solid_cache_entries RENAME TO before;
            CREATE TABLE solid_cache_entries (key text PRIMARY KEY, payload text, created_at timestamptz DEFAULT '-infinity', expires_at timestamptz DEFAULT '-infinity', value bytea DEFAULT '');
            INSERT INTO solid_cache_entries (key, payload) VALUES ('a', 'theirs'), ('b', 'theirs'), ('user:1', 'theirs');
            """);
        var before = await ContentAsync("solid_cache_entries");

        await RemoveAllAsync(node.Cache);
        Assert.That(await ContentAsync("solid_cache_entries"), Is.EqualTo(before));
        await _database.ExecuteAsync("DROP TABLE solid_cache_entries; ALTER TABLE before RENAME TO solid_cache_entries");
        await Eventually.TrueAsync(async () => await ServesAsync(node.Cache), "it serves again", TimeSpan.FromSeconds(40));
    }

    [Test]
    public async Task Rows_of_a_table_that_inherits_are_no_entries()
    {
        await using var node = await CacheHost.StartAsync(_database.ConnectionString);
        await node.Cache.SetAsync("x", [1], new());
        await _database.ExecuteAsync(
            """
            CREATE TABLE theirs (note text, LIKE solid_cache_entries INCLUDING DEFAULTS);
            INSERT INTO theirs (key, expires_at, value, note) VALUES ('a', 'infinity', '1', 'kept'), ('b', '-infinity', '1', 'kept'), ('user:1', 'infinity', '1', 'kept');
            ALTER TABLE theirs INHERIT solid_cache_entries;
            """);

        Assert.That(await node.Cache.GetAsync("a"), Is.Null);
        await RemoveAllAsync(node.Cache);
        Assert.That(await _database.ScalarAsync<long>("SELECT count(*) FROM theirs"), Is.EqualTo(3));
        Assert.That(await _database.ScalarAsync<long>("SELECT count(*) FROM ONLY solid_cache_entries WHERE expires_at > now()"), Is.Zero, "Those of the cache are gone.");
    }

    [TestCase("sessions", Sessions)]
    [TestCase("solid_cache_entries", OfRails)]
    [TestCase("orders", "CREATE TABLE orders_state (id bigint PRIMARY KEY); CREATE VIEW orders AS SELECT 1 AS key")]
    public async Task What_drops_a_cache_leaves_it(string table, string sql)
    {
        await _database.ExecuteAsync(sql);
        var before = await ContentAsync(table);
        await _database.ExecuteAsync(PostgresSolidCacheSchema.GetDropScript(tableName: table));

        Assert.That(await ContentAsync(table), Is.EqualTo(before));
    }

    /// <summary>A type that is dropped takes functions along; a key, and a column that wants a value, are only said.</summary>
    [TestCase("DROP DOMAIN solid_cache_count CASCADE", "SELECT 1")]
    [TestCase("ALTER TABLE solid_cache_entries DROP CONSTRAINT solid_cache_entries_pkey", "ALTER TABLE solid_cache_entries ADD PRIMARY KEY (key)")]
    [TestCase("ALTER TABLE solid_cache_entries ADD COLUMN owner text NOT NULL", "ALTER TABLE solid_cache_entries DROP COLUMN owner")]
    public async Task What_is_changed_under_a_running_node_heals_or_is_said(string change, string mend)
    {
        await using var node = await CacheHost.StartAsync(_database.ConnectionString);
        await node.Cache.SetAsync("key", [1], new());
        await _database.ExecuteAsync($"DELETE FROM solid_cache_entries; {change}");
        if (mend != "SELECT 1")
        {
            await Eventually.TrueAsync(
                async () =>
                {
                    try
                    {
                        await node.Cache.SetAsync("key", [1], new());
                        return false;
                    }
                    catch (SolidCacheException error)
                    {
                        return error.Message.Contains("ALTER TABLE", StringComparison.Ordinal);
                    }
                    catch (Npgsql.PostgresException)
                    {
                        return false;
                    }
                },
                "it is said what to do");
        }

        await _database.ExecuteAsync(mend);
        await Eventually.TrueAsync(async () => await ServesAsync(node.Cache), "it serves again", TimeSpan.FromSeconds(40));
    }

    private static async Task<bool> ServesAsync(ISolidCache cache)
    {
        try
        {
            await cache.SetAsync("key", [2], new());
            return await cache.GetAsync("key") is [2];
        }
        catch (Exception error) when (error is SolidCacheException or Npgsql.NpgsqlException)
        {
            return false;
        }
    }

    /// <summary>All that removes and replaces, whatever becomes of it.</summary>
    private async Task RemoveAllAsync(ISolidCache cache)
    {
        Func<Task>[] calls =
        [
            () => cache.RemoveAsync("a"), () => Task.WhenAll(cache.RemoveAsync("a"), cache.RemoveAsync("b"), cache.RemoveAsync("user:1")), () => cache.RemoveByPrefixAsync("user:"),
            () => cache.RemoveByPatternAsync("%"), () => cache.RemoveByTagAsync("tag"), () => cache.RemoveExpiredAsync(), () => cache.RefreshAsync("a"),
            () => cache.GetOrCreateAsync("b", static _ => throw new TimeoutException()).AsTask(),
            () => _database.ExecuteAsync("SELECT solid_cache_remove('a')"), () => _database.ExecuteAsync("SELECT cleanup_expired_cache(NULL::solid_cache_count)"),
            () => _database.ExecuteAsync("CALL sweep_expired_cache(64::solid_cache_count)"),
            () => _database.ExecuteAsync("CREATE TABLE users (id text); SELECT solid_cache_remove_on_change('users', 'user:{id}'); TRUNCATE users"),
            () => _database.ExecuteAsync("DROP TABLE IF EXISTS users"),
        ];
        foreach (var call in calls)
        {
            try
            {
                await call();
            }
            catch (Exception error) when (error is SolidCacheException or Npgsql.NpgsqlException or TimeoutException)
            {
                // Only what is left is of interest.
            }
        }
    }

    private async Task ReplaceAsync(string partitions)
    {
        await _database.ExecuteAsync(PostgresSolidCacheSchema.GetScript());
        await _database.ExecuteAsync($"ALTER TABLE solid_cache_entries RENAME TO before; CREATE TABLE solid_cache_entries (LIKE before INCLUDING DEFAULTS, PRIMARY KEY (key)) {partitions}");
    }

    /// <summary>The table's rows, and what else stands in the database.</summary>
    private async Task<string> ContentAsync(string table) =>
        await _database.ScalarAsync<string>($"SELECT string_agg(row_to_json(t)::text, ';' ORDER BY t::text) FROM {table} AS t")
        + await _database.ScalarAsync<string>(
            """
            SELECT (SELECT string_agg(relname, ',' ORDER BY relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace)
              || coalesce((SELECT string_agg(proname || pronargs, ',' ORDER BY proname, pronargs) FROM pg_proc WHERE pronamespace = 'public'::regnamespace), '')
            """);
}
