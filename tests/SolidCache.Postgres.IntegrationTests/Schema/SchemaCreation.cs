using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Schema;

public sealed class SchemaCreation
{
    /// <summary>For migrations that wait for each other on a machine that does other things.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private TestDatabase _database = null!;

    [SetUp]
    public async Task CreateDatabaseAsync() => _database = await TestDatabase.CreateAsync();

    [TearDown]
    public async Task DropDatabaseAsync() => await _database.DisposeAsync();

    [Test]
    public async Task Sixteen_nodes_that_start_at_once_on_an_empty_database_all_succeed([Values("public", "my-cache")] string schema)
    {
        await Task.WhenAll(Enumerable.Range(0, 16).Select(async number =>
        {
            await using var node = await CacheHost.StartAsync(SmallPool(), options => options.SchemaName = schema);
            await node.Cache.SetAsync($"node:{number}", [1], new());
        }));

        await using var reader = await CacheHost.StartAsync(_database.ConnectionString, options => options.SchemaName = schema);
        Assert.That(await reader.Cache.RemoveByPrefixAsync("node:"), Is.EqualTo(16));
    }

    [Test]
    public async Task Caches_with_tables_of_their_own_that_start_at_once_in_a_new_schema_all_succeed() =>
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async number =>
        {
            await using var node = CacheHost.Build(
                SmallPool(), options => (options.SchemaName, options.TableName, options.OperationTimeout) = ("brand new", $"table_{number}", Patience));
            Assert.That(await node.Cache.GetAsync("key"), Is.Null);
        }));

    [Test]
    public async Task The_first_call_creates_the_schema_when_no_host_has_started()
    {
        await using var services = new ServiceCollection()
            .AddPostgresSolidCache(options => options.ConnectionString = _database.ConnectionString)
            .BuildServiceProvider();
        var cache = services.GetRequiredService<ISolidCache>();

        Assert.That(cache.Get("key"), Is.Null);
    }

    [Test]
    public async Task The_table_is_as_designed()
    {
        await using var node = await CacheHost.StartAsync(_database.ConnectionString);

        var columns = await _database.ScalarAsync<string>(
            """
            SELECT string_agg(column_name || ' ' || data_type || coalesce(' ' || collation_name, '') || ' ' || is_nullable, ', ' ORDER BY ordinal_position)
            FROM information_schema.columns WHERE table_name = 'solid_cache_entries'
            """);
        Assert.That(columns, Is.EqualTo(
            "expires_at timestamp with time zone NO, created_at timestamp with time zone NO, sliding_expiration bigint YES, "
            + "absolute_expiration timestamp with time zone YES, key text C NO, value bytea YES, "
            + "lease bigint YES, lease_ends_at timestamp with time zone YES, stale_for bigint YES, tags ARRAY YES, made_after pg_snapshot YES, compressed bytea YES"));
        Assert.That(
            await _database.ScalarAsync<string>("SELECT string_agg(indexname, ',' ORDER BY indexname) FROM pg_indexes WHERE tablename = 'solid_cache_entries'"),
            Is.EqualTo("solid_cache_entries_pkey,solid_cache_entries_tags_idx"));
        Assert.That(
            await _database.ScalarAsync<string[]>("SELECT reloptions FROM pg_class WHERE oid = 'solid_cache_entries'::regclass"),
            Does.Contain("toast_tuple_target=4080").And.Contain("fillfactor=80"));
        Assert.That(
            await _database.ScalarAsync<bool>(
                """
                SELECT attcompression::text = CASE WHEN 'lz4' = ANY (enumvals) THEN 'l' ELSE '' END
                FROM pg_attribute, pg_settings
                WHERE attrelid = 'solid_cache_entries'::regclass AND attname = 'value' AND name = 'default_toast_compression'
                """),
            Is.True, "It is compressed by lz4 where the server has it.");
    }

    [Test]
    public async Task Nothing_is_created_and_the_message_says_what_to_do_when_the_cache_may_not()
    {
        await using var node = CacheHost.Build(_database.ConnectionString, options => options.CreateSchemaIfNotExists = false);
        await node.StartAsync();

        await Assert.ThatAsync(
            () => node.Cache.GetAsync("key"),
            Throws.TypeOf<SolidCacheException>().With.Message.Contains("CreateSchemaIfNotExists").And.Message.Contains("GetScript(\"public\", \"solid_cache_entries\")"));

        await _database.ExecuteAsync(PostgresSolidCacheSchema.GetScript());
        Assert.That(await node.Cache.GetAsync("key"), Is.Null, "It works as soon as the script has run.");
    }

    [Test]
    public async Task The_script_may_run_again_and_beside_nodes()
    {
        for (var round = 0; round < 2; round++)
        {
            await _database.ExecuteAsync(PostgresSolidCacheSchema.GetScript("other schema", "other \"table\""));
            await using var node = await CacheHost.StartAsync(
                _database.ConnectionString, options => (options.SchemaName, options.TableName) = ("other schema", "other \"table\""));
            await node.Cache.SetAsync($"key:{round}", [1], new());
        }

        Assert.That(await _database.ScalarAsync<long>("SELECT count(*) FROM \"other schema\".\"other \"\"table\"\"\""), Is.EqualTo(2));
    }

    [Test]
    public async Task A_role_without_the_right_to_create_gets_a_message_that_says_so()
    {
        var role = $"role_{Guid.NewGuid():N}";
        await _database.ExecuteAsync($"CREATE ROLE {role} LOGIN PASSWORD 'secret'; REVOKE CREATE ON SCHEMA public FROM PUBLIC");
        await using (var node = await CacheHost.StartAsync(_database.ConnectionStringOf(role, "secret")))
        {
            await Assert.ThatAsync(
                () => node.Cache.GetAsync("key"),
                Throws.TypeOf<SolidCacheException>().With.Message.Contains("permission denied for schema public").And.Message.Contains("GetScript"));
        }

        await _database.ExecuteAsync($"DROP ROLE {role}");
    }

    [Test]
    public async Task A_role_without_rights_on_the_table_is_told_the_grant()
    {
        var role = $"role_{Guid.NewGuid():N}";
        await using (var owner = await CacheHost.StartAsync(_database.ConnectionString))
        {
            await _database.ExecuteAsync($"CREATE ROLE {role} LOGIN PASSWORD 'secret'");
            await using var node = await CacheHost.StartAsync(_database.ConnectionStringOf(role, "secret"));
            await Assert.ThatAsync(
                () => node.Cache.GetAsync("key"),
                Throws.TypeOf<SolidCacheException>().With.Message.Contains("GRANT SELECT, INSERT, UPDATE, DELETE ON \"public\".\"solid_cache_entries\""));
        }

        await _database.ExecuteAsync($"DROP ROLE {role}");
    }

    [Test]
    public async Task A_host_starts_while_the_database_is_away_and_makes_the_schema_when_it_returns()
    {
        var name = new NpgsqlConnectionStringBuilder(_database.ConnectionString).Database;
        await _database.Source.DisposeAsync();
        await PostgresServer.ExecuteAsync(PostgresServer.ConnectionString, $"ALTER DATABASE {name} ALLOW_CONNECTIONS false");
        await using var node = await CacheHost.StartAsync(_database.ConnectionString);
        await Assert.ThatAsync(() => node.Cache.GetAsync("key"), Throws.InstanceOf<NpgsqlException>());

        await PostgresServer.ExecuteAsync(PostgresServer.ConnectionString, $"ALTER DATABASE {name} ALLOW_CONNECTIONS true");
        await Eventually.TrueAsync(
            () => PostgresServer.ScalarAsync<bool>(_database.ConnectionString, "SELECT to_regclass('solid_cache_entries') IS NOT NULL"), "the schema is made");

        Assert.That(node.Logs.GetSnapshot().Select(record => record.Id.Name), Contains.Item("schema_unchecked"));
        Assert.That(await node.Cache.GetAsync("key"), Is.Null);
    }

    [TestCase(true, "ALTER TABLE \"public\".\"solid_cache_entries\" SET UNLOGGED;")]
    [TestCase(false, "ALTER TABLE \"public\".\"solid_cache_entries\" SET LOGGED;")]
    public async Task A_table_that_is_logged_otherwise_than_asked_fails_the_start(bool unlogged, string remedy)
    {
        await using (var node = await CacheHost.StartAsync(_database.ConnectionString, options => options.UnloggedTable = !unlogged))
        {
            await node.Cache.SetAsync("key", [1], new());
        }

        await using var other = CacheHost.Build(_database.ConnectionString, options => options.UnloggedTable = unlogged);

        await Assert.ThatAsync(() => other.StartAsync(), Throws.TypeOf<SolidCacheException>().With.Message.Contains(remedy));
        await Assert.ThatAsync(() => other.Cache.GetAsync("key"), Throws.TypeOf<SolidCacheException>());
    }

    [Test]
    public async Task A_database_in_another_encoding_fails_the_start()
    {
        var name = $"latin_{Guid.NewGuid():N}";
        await PostgresServer.ExecuteAsync(
            PostgresServer.ConnectionString, $"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'");
        var connectionString = new NpgsqlConnectionStringBuilder(PostgresServer.ConnectionString) { Database = name }.ConnectionString;
        await using (var node = CacheHost.Build(connectionString))
        {
            await Assert.ThatAsync(() => node.StartAsync(), Throws.TypeOf<SolidCacheException>().With.Message.Contains("ENCODING 'UTF8'"));
        }

        await PostgresServer.DropDatabaseAsync(connectionString);
    }

    private string SmallPool() => new NpgsqlConnectionStringBuilder(_database.ConnectionString) { MaxPoolSize = 2 }.ConnectionString;
}
