using Npgsql;
using SolidCache.Postgres.IntegrationTests.Documentation;
using SolidCache.Postgres.IntegrationTests.Infrastructure;
using SolidCache.Postgres.IntegrationTests.Operations;

namespace SolidCache.Postgres.IntegrationTests.Hostile;

/// <summary>What a role may do to a cache that has no rights on it, or those of a scheduler that sweeps, and what a connection without TLS gets.</summary>
public sealed class Rights
{
    private const string TlsAdvice =
        "The server answers, and has no TLS, which SSL Mode in the connection string or data source asks for: turn it on there (ssl = on), or, where nobody can listen on the way, set SSL Mode=Prefer or Disable.";

    private readonly string _neighbour = $"neighbour_{Guid.NewGuid():N}";
    private readonly string _sweeper = $"sweeper_{Guid.NewGuid():N}";
    private TestDatabase _database = null!;
    private CacheHost _host = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _database = await TestDatabase.CreateAsync();
        _host = await CacheHost.StartAsync(_database.ConnectionString);
        await _database.ExecuteAsync($"CREATE ROLE {_neighbour} LOGIN PASSWORD 'secret'; CREATE ROLE {_sweeper} LOGIN PASSWORD 'secret'");
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await _host.DisposeAsync();
        await _database.ExecuteAsync($"DROP OWNED BY {_neighbour}, {_sweeper}; DROP ROLE {_neighbour}, {_sweeper}");
        await _database.DisposeAsync();
    }

    [Test]
    public async Task A_neighbour_in_the_database_can_neither_read_nor_write_nor_sweep()
    {
        foreach (var forbidden in (string[])
            [
                "SELECT key FROM solid_cache_entries", "INSERT INTO solid_cache_entries (expires_at, key, value) VALUES ('infinity', 'a', '')",
                "UPDATE solid_cache_entries SET value = ''", "DELETE FROM solid_cache_entries", "TRUNCATE solid_cache_entries", "SELECT * FROM solid_cache_state",
                "SELECT solid_cache_remove('a')", "SELECT solid_cache_remove_by_tag('a')", "SELECT * FROM solid_cache_tag_removals",
                "SELECT cleanup_expired_cache()", "CALL sweep_expired_cache()", "CREATE OR REPLACE FUNCTION public.cleanup_expired_cache(maximum bigint DEFAULT NULL) RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint'",
            ])
        {
            await RefusedAsync(_neighbour, forbidden);
        }
    }

    [TestCase(false, false)]
    [TestCase(true, true)]
    public async Task A_scheduler_that_sweeps_reads_no_value_and_changes_no_entry(bool isLogged, bool functionsAreForEverybody)
    {
        if (!functionsAreForEverybody)
        {
            await _database.ExecuteAsync(
                $"""
                REVOKE EXECUTE ON ALL ROUTINES IN SCHEMA public FROM PUBLIC;
                GRANT EXECUTE ON FUNCTION solid_cache_is_fresh(text[], pg_snapshot, solid_cache_count), cleanup_expired_cache(solid_cache_count) TO {_sweeper};
                GRANT EXECUTE ON PROCEDURE sweep_expired_cache(solid_cache_count, double precision, bigint) TO {_sweeper};
                """);
        }

        await _database.ExecuteAsync(
            $"""
            SELECT solid_cache_log_changes({isLogged});
            GRANT USAGE ON SCHEMA public TO {_sweeper};
            GRANT SELECT (ctid, key, expires_at, stale_for, lease_ends_at, tags, made_after), UPDATE (created_at), DELETE ON solid_cache_entries TO {_sweeper};
            GRANT SELECT, UPDATE (swept_at), DELETE ON solid_cache_tag_removals TO {_sweeper};
            GRANT UPDATE (last_sweep_finished_at, last_sweep_deleted) ON solid_cache_state TO {_sweeper};
            GRANT INSERT (keys) ON solid_cache_invalidations TO {_sweeper};
            """);
        foreach (var sweep in (string[])["SELECT cleanup_expired_cache()", "SELECT cleanup_expired_cache(10)", "CALL sweep_expired_cache()"])
        {
            await _database.ExecuteAsync(
                """
                INSERT INTO solid_cache_entries (expires_at, key, value) VALUES ('-infinity', 'expired', ''), ('infinity', 'live', '') ON CONFLICT DO NOTHING;
                INSERT INTO solid_cache_entries (expires_at, key, value, tags, made_after) VALUES ('infinity', 'outdated', '', '{tag}', pg_current_snapshot());
                """);
            await _database.ExecuteAsync("INSERT INTO solid_cache_tag_removals (tag) VALUES ('tag')");
            await PostgresServer.ExecuteAsync(_database.ConnectionStringOf(_sweeper, "secret"), sweep);
            Assert.That(await _database.ScalarAsync<string[]>("SELECT array_agg(key) FROM solid_cache_entries"), Is.EqualTo((string[])["live"]), sweep);
        }

        foreach (var forbidden in (string[])
            [
                "SELECT value FROM solid_cache_entries", "UPDATE solid_cache_entries SET value = ''", "UPDATE solid_cache_entries SET expires_at = 'infinity'",
                "INSERT INTO solid_cache_entries (expires_at, key, value) VALUES ('infinity', 'a', '')", "TRUNCATE solid_cache_entries", "UPDATE solid_cache_state SET schema_version = 99",
            ])
        {
            await RefusedAsync(_sweeper, forbidden);
        }
    }

    [Test]
    public async Task The_documented_rights_suffice_where_functions_are_not_for_everybody()
    {
        await using var database = await TestDatabase.CreateAsync();
        await database.ExecuteAsync("ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC");
        await database.ExecuteAsync(PostgresSolidCacheSchema.GetScript());
        var role = $"app_{Guid.NewGuid():N}";
        await database.ExecuteAsync($"CREATE ROLE {role} LOGIN PASSWORD 'secret'");
        await GrantsFile.RunAsync(database, $"--set=role={role}");
        try
        {
            await using var host = await CacheHost.StartAsync(database.ConnectionStringOf(role, "secret"), static options => options.CreateSchemaIfNotExists = false);
            var tagged = new SolidCacheEntryOptions { Tags = ["tag"] };
            await host.Cache.SetAsync("key", [1], new());
            Assert.That(await host.Cache.GetAsync("key"), Is.EqualTo((byte[])[1]));
            foreach (var made in (byte[])[2, 3])
            {
                Assert.That(await host.Cache.GetOrCreateAsync("tagged", _ => ValueTask.FromResult<byte[]>([made]), tagged), Is.EqualTo((byte[])[made]));
                Assert.That(await host.Cache.GetAsync("tagged"), Is.EqualTo((byte[])[made]));
                await host.Cache.RemoveByTagAsync("tag");
                Assert.That(await host.Cache.GetAsync("tagged"), Is.Null);
            }

            await host.Cache.RemoveByPrefixAsync("k");
            await database.ExecuteAsync("INSERT INTO solid_cache_entries (expires_at, key, value, tags, made_after) VALUES ('-infinity', 'expired', '', '{tag}', pg_current_snapshot())");
            await host.Cache.RemoveExpiredAsync();
            Assert.That((await host.Cache.GetStatisticsAsync()).TotalEntries, Is.Zero);

            // And those of a scheduler for its calls.
            var grants = DocumentedBlock.Of("docs/operations.md").Single(static block => block.Text.Contains("CREATE ROLE cache_sweeper", StringComparison.Ordinal)).Text.Replace("cache_sweeper", $"{role}_sweeper", StringComparison.Ordinal);
            await database.ExecuteAsync(grants);
            await using var sweeper = NpgsqlDataSource.Create(database.ConnectionStringOf($"{role}_sweeper", "change-me"));
            foreach (var call in (string[])["SELECT public.cleanup_expired_cache(NULL::public.solid_cache_count)", "CALL public.sweep_expired_cache(64::public.solid_cache_count)"])
            {
                await database.ExecuteAsync("INSERT INTO solid_cache_entries (expires_at, key, value, tags, made_after) VALUES ('-infinity', 'expired', '', '{tag}', pg_current_snapshot())");
                await sweeper.CreateCommand(call).ExecuteNonQueryAsync();
                Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM solid_cache_entries"), Is.Zero, call);
            }
        }
        finally
        {
            await database.ExecuteAsync($"DROP OWNED BY {role}; DROP ROLE {role}; DROP OWNED BY {role}_sweeper; DROP ROLE {role}_sweeper");
        }
    }

    [Test]
    public async Task Where_TLS_is_required_nothing_is_sent_to_a_server_without_it()
    {
        Assert.That(await _database.ScalarAsync<string>("SHOW ssl"), Is.EqualTo("off"), "The test needs a server without TLS.");
        foreach (var mode in (string[])["Require", "VerifyCA", "VerifyFull"])
        {
            await using var node = await CacheHost.StartAsync($"{_database.ConnectionString};SSL Mode={mode}");

            await Assert.ThatAsync(() => node.Cache.SetAsync("over TLS", [1], new()), Throws.InstanceOf<NpgsqlException>().With.Message.EndsWith($"is configured. {TlsAdvice}"));
        }

        Assert.That(await _host.Cache.ExistsAsync("over TLS"), Is.False);
    }

    private Task RefusedAsync(string role, string sql) => Assert.ThatAsync(
        () => PostgresServer.ExecuteAsync(_database.ConnectionStringOf(role, "secret"), sql),
        Throws.InstanceOf<PostgresException>().With.Property(nameof(PostgresException.SqlState)).EqualTo(PostgresErrorCodes.InsufficientPrivilege),
        sql);
}
