using Npgsql;
using SolidCache.Postgres.IntegrationTests.Infrastructure;
using SolidCache.Postgres.IntegrationTests.Tool;

namespace SolidCache.Postgres.IntegrationTests.Schema;

/// <summary>A type under the name of that of a count which is not as the cache makes it: a domain over bigint, and no more.</summary>
public sealed class ForeignTypes
{
    private TestDatabase _database = null!;

    [SetUp]
    public async Task CreateDatabaseAsync() => _database = await TestDatabase.CreateAsync();

    [TearDown]
    public async Task DropDatabaseAsync() => await _database.DisposeAsync();

    [TestCase("CREATE DOMAIN {0} AS text", "a domain over text", "ALTER DOMAIN {0} RENAME TO")]
    [TestCase("CREATE DOMAIN {0} AS int", "a domain over integer", "ALTER DOMAIN {0} RENAME TO")]
    [TestCase("CREATE DOMAIN {0} AS bigint[]", "a domain over bigint[]", "ALTER DOMAIN {0} RENAME TO")]
    [TestCase("CREATE DOMAIN {0} AS bigint NOT NULL", "a domain over bigint NOT NULL", "ALTER DOMAIN {0} RENAME TO")]
    [TestCase("CREATE DOMAIN {0} AS bigint DEFAULT 3", "a domain over bigint DEFAULT 3", "ALTER DOMAIN {0} RENAME TO")]
    [TestCase("CREATE DOMAIN {0} AS bigint CONSTRAINT few CHECK (VALUE < 5)", "a domain over bigint CHECK ((VALUE < 5))", "ALTER DOMAIN {0} RENAME TO")]
    [TestCase("CREATE DOMAIN below_{1} AS bigint; CREATE DOMAIN {0} AS below_{1}", "a domain over public.below_", "ALTER DOMAIN {0} RENAME TO")]
    [TestCase("CREATE TYPE {0} AS ENUM ('one', 'two')", "an enum", "ALTER TYPE {0} RENAME TO")]
    [TestCase("CREATE TYPE {0} AS RANGE (subtype = bigint)", "a range", "ALTER TYPE {0} RENAME TO")]
    [TestCase("CREATE TYPE {0}", "a type", "ALTER TYPE {0} RENAME TO")]
    [TestCase("CREATE TYPE {0} AS (a int)", "a composite type", "ALTER TYPE {0} RENAME TO")]
    [TestCase("CREATE TABLE {0} (a int)", "a table", "ALTER TABLE {0} RENAME TO")]
    [TestCase("CREATE VIEW {0} AS SELECT 1", "a view", "ALTER VIEW {0} RENAME TO")]
    public async Task Is_refused_before_anything_is_made(string sql, string what, string mend)
    {
        foreach (var (table, type) in ((string, string)[])[("solid_cache_entries", "solid_cache_count"), ("jobs", "jobs_sweep_count")])
        {
            var name = $"\"public\".\"{type}\"";
            await _database.ExecuteAsync(string.Format(null, sql, name, type));
            var before = await ContentAsync();
            foreach (var creates in (bool[])[true, false])
            {
                await using var node = CacheHost.Build(_database.ConnectionString, options => (options.TableName, options.CreateSchemaIfNotExists) = (table, creates));
                await Assert.ThatAsync(
                    () => node.StartAsync(),
                    Throws.TypeOf<SolidCacheException>().With.Message.Contains($"{name} is {what}").And.Message.Contains(string.Format(null, mend, name)).And.Message.Contains("TableName"));
            }

            foreach (var command in (string[])["migrate", "cleanup"])
            {
                var run = await ToolRun.OfAsync(command, "--table", table, "--connection-string", _database.ConnectionString);
                Assert.That((run.ExitCode, run.Error), Is.EqualTo((70, run.Error)), command);
                Assert.That(run.Error, Does.Contain($"{name} is {what}").And.Contain(string.Format(null, mend, name)), command);
            }

            await Assert.ThatAsync(
                () => _database.ExecuteAsync(PostgresSolidCacheSchema.GetScript(tableName: table)),
                Throws.TypeOf<PostgresException>().With.Message.Contains($"{name} is {what}").And.Property(nameof(PostgresException.Hint)).Contains(string.Format(null, mend, name)));
            await _database.ExecuteAsync(PostgresSolidCacheSchema.GetDropScript(tableName: table));
            Assert.That(await ContentAsync(), Is.EqualTo(before), "Nothing was made or changed, nor dropped by the script that drops the cache.");
        }

        // One that is only announced has no other way out.
        await _database.ExecuteAsync(what == "a type" ? "DROP TYPE solid_cache_count" : string.Format(null, mend, "public.solid_cache_count") + " of_somebody");
        await using var free = await CacheHost.StartAsync(_database.ConnectionString);
        await free.Cache.SetAsync("key", [1], new());
    }

    /// <summary>What is put on it later counts in every sweep, and has another way out: what uses it is the cache's.</summary>
    [TestCase("ALTER DOMAIN solid_cache_count ADD CHECK (VALUE < 5)", "a domain over bigint CHECK ((VALUE < 5))")]
    [TestCase("ALTER DOMAIN solid_cache_count SET DEFAULT 3", "a domain over bigint DEFAULT 3")]
    public async Task Or_when_it_was_altered_and_is_made_anew_where_it_is_dropped(string alter, string what)
    {
        await _database.ExecuteAsync(PostgresSolidCacheSchema.GetScript());
        await _database.ExecuteAsync(alter);
        const string Drop = "DROP DOMAIN \"public\".\"solid_cache_count\" CASCADE;";
        await using (var node = CacheHost.Build(_database.ConnectionString))
        {
            await Assert.ThatAsync(() => node.StartAsync(), Throws.TypeOf<SolidCacheException>().With.Message.Contains(what).And.Message.Contains(Drop));
        }

        foreach (var command in (string[])["migrate", "verify", "cleanup"])
        {
            Assert.That((await ToolRun.OfAsync(command, "--connection-string", _database.ConnectionString)).Error, Does.Contain(what).And.Contain(Drop), command);
        }

        await _database.ExecuteAsync(Drop);
        await using var mended = await CacheHost.StartAsync(_database.ConnectionString);
        await _database.ExecuteAsync("CALL public.sweep_expired_cache(64::public.solid_cache_count)");
    }

    [TestCase("CREATE DOMAIN solid_cache_count AS bigint")]
    [TestCase("CREATE DOMAIN solid_cache_count AS pg_catalog.int8; GRANT USAGE ON DOMAIN solid_cache_count TO PUBLIC")]
    public async Task One_that_is_like_it_is_used(string sql)
    {
        await _database.ExecuteAsync(sql);
        await using var node = await CacheHost.StartAsync(_database.ConnectionString);

        await _database.ExecuteAsync("CALL public.sweep_expired_cache(64::public.solid_cache_count)");
    }

    /// <summary>PostgreSQL moves it out of the way.</summary>
    [Test]
    public async Task The_array_of_another_caches_type_is_no_obstacle()
    {
        await _database.ExecuteAsync(PostgresSolidCacheSchema.GetScript(tableName: "jobs"));
        await using (var node = await CacheHost.StartAsync(_database.ConnectionString, options => options.TableName = "_jobs"))
        {
            await node.Cache.SetAsync("key", [1], new());
        }

        await _database.ExecuteAsync(PostgresSolidCacheSchema.GetScript(tableName: "_jobs"));
        await _database.ExecuteAsync(PostgresSolidCacheSchema.GetScript(tableName: "__jobs"));
        await _database.ExecuteAsync("CALL public._jobs_sweep_expired(64::public._jobs_sweep_count)");
    }

    private Task<string> ContentAsync() => _database.ScalarAsync<string>(
        """
        SELECT concat(
          (SELECT string_agg(relname, ',' ORDER BY relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace),
          (SELECT string_agg(concat(typname, typacl::text), ',' ORDER BY typname) FROM pg_type WHERE typnamespace = 'public'::regnamespace),
          (SELECT string_agg(proname || pronargs, ',' ORDER BY proname, pronargs) FROM pg_proc WHERE pronamespace = 'public'::regnamespace))
        """);
}
