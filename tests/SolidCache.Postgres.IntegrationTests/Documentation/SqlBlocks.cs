using System.Text.RegularExpressions;
using SolidCache.Postgres.IntegrationTests.Infrastructure;
using SolidCache.Postgres.IntegrationTests.Operations;

namespace SolidCache.Postgres.IntegrationTests.Documentation;

/// <summary>The SQL of the documentation, run as it stands on a cache with the default names.</summary>
public sealed class SqlBlocks
{
    [Test]
    public async Task Every_block_of_the_operators_page_runs_in_its_order()
    {
        await using var database = await TestDatabase.CreateAsync();
        await RunAsync(database, "docs/operations.md", atLeast: 10);

        await database.ExecuteAsync(await File.ReadAllTextAsync(Path.Combine(RepositoryRoot.Path, "docs/operations/uninstall.sql")));
        Assert.That(
            await database.ScalarAsync<long>("SELECT (SELECT count(*) FROM pg_class WHERE relname LIKE 'solid_cache%') + (SELECT count(*) FROM pg_proc WHERE proname LIKE 'solid_cache%' OR proname LIKE '%expired_cache')"),
            Is.Zero,
            "The page ends with the uninstallation.");
    }

    [Test]
    public async Task The_bytes_of_the_operators_page_are_also_those_of_compressed_values()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var host = await CacheHost.StartAsync(database.ConnectionString, static options => options.CompressValuesFrom = 1);
        await host.Cache.SetAsync("key", new byte[10_000], new());

        var sums = DocumentedBlock.Of("docs/operations.md").Select(static block => block.Text.TrimEnd().TrimEnd(';')).Where(static sql => sql.Contains("octet_length", StringComparison.Ordinal)).ToList();
        Assert.That(sums, Has.Count.EqualTo(2));
        foreach (var sql in sums)
        {
            Assert.That(await database.ScalarAsync<bool>($"SELECT to_jsonb(shown) ?| ARRAY['bytes', 'net'] AND to_jsonb(shown) -> 'bytes' IS DISTINCT FROM 'null' AND to_jsonb(shown) -> 'net' IS DISTINCT FROM 'null' FROM ({sql}) AS shown"), sql);
        }
    }

    [TestCase("docs/guide.md", 1, "SELECT expires_at = '-infinity' FROM solid_cache_entries WHERE key = 'user_profile:123'")]
    [TestCase("docs/schema.md", 2, "SELECT expires_at = '-infinity' FROM solid_cache_entries WHERE key = 'shop^user_list'")]
    public async Task Every_block_of_the_page_runs_in_its_order(string page, int atLeast, string removed)
    {
        await using var database = await TestDatabase.CreateAsync();
        await RunAsync(database, page, atLeast, static block => block.Text.Contains("solid_cache_remove", StringComparison.Ordinal));

        Assert.That(await database.ScalarAsync<bool>(removed), Is.True, "It does what it says.");
    }

    /// <summary>A superuser may type it in whose search_path a schema stands before it in which others may create: a table of theirs by this name has triggers, a view calls functions.</summary>
    [Test]
    public void Statements_in_the_midst_of_a_line_name_the_schema_of_the_cache_too()
    {
        var statements = Directory.EnumerateFiles(Path.Combine(RepositoryRoot.Path, "docs"), "*.md")
            .SelectMany(static page => Regex.Matches(File.ReadAllText(page), "`(SELECT|TRUNCATE|DELETE|UPDATE|CALL|DROP) [^`]*`").Select(static match => match.Value))
            .Where(static sql => Regex.IsMatch(sql, @"\b(solid_cache_|\w+_expired_cache)"))
            .ToList();

        Assert.That(statements, Has.Count.GreaterThan(8));
        Assert.That(statements.Where(static sql => Regex.IsMatch(sql, @"(?<!\w|public\.|solid_cache_)(solid_cache_\w+|\w+_expired_cache)")), Is.Empty);
    }

    [Test]
    public async Task Every_block_of_the_security_page_runs_in_its_order()
    {
        await using var database = await TestDatabase.CreateAsync();
        await RunAsync(database, "docs/security.md", atLeast: 4);
    }

    [Test]
    public async Task The_rights_of_the_page_are_enough_for_everything_that_a_cache_does_and_for_nothing_else()
    {
        await using var database = await TestDatabase.CreateAsync();
        await database.ExecuteAsync(PostgresSolidCacheSchema.GetScript());
        var role = $"my_app_{Guid.NewGuid():N}";
        await database.ExecuteAsync($"CREATE ROLE {role} LOGIN PASSWORD 'secret'");
        await GrantsFile.RunAsync(database, $"--set=role={role}");
        await database.ExecuteAsync("SELECT solid_cache_log_changes(true)");
        var connectionString = database.ConnectionStringOf(role, "secret");
        try
        {
            await using (var host = await CacheHost.StartAsync(connectionString, options => (options.CreateSchemaIfNotExists, options.Invalidation.Enabled) = (false, true)))
            {
                await Eventually.LoggedAsync(host, "invalidations_read");
                await host.Cache.SetAsync("key", [1], new() { SlidingExpiration = TimeSpan.FromMinutes(1) });
                Assert.That(await host.Cache.GetAsync("key"), Is.EqualTo((byte[])[1]));
                await host.Cache.RefreshAsync("key");
                await host.Cache.RemoveByPrefixAsync("k");
                await host.Cache.RemoveExpiredAsync();
                Assert.That((await host.Cache.GetStatisticsAsync()).TotalEntries, Is.Zero);
            }

            await database.ExecuteAsync($"CREATE TABLE users (id bigint); GRANT ALL ON users TO {role}; SELECT solid_cache_remove_on_change('users', 'user:{{id}}')");
            await using var source = Npgsql.NpgsqlDataSource.Create(connectionString);
            foreach (var allowed in (string[])["SELECT solid_cache_remove('key'), solid_cache_remove_by_tag('tag')", "INSERT INTO users VALUES (1)", "UPDATE users SET id = 2", "TRUNCATE users"])
            {
                await using var command = source.CreateCommand(allowed);
                await command.ExecuteNonQueryAsync();
            }

            foreach (var forbidden in (string[])["TRUNCATE solid_cache_entries", "DROP TABLE solid_cache_entries", "ALTER TABLE solid_cache_entries ADD x int", "CREATE TABLE public.mine (x int)"])
            {
                await using var command = source.CreateCommand(forbidden);
                Assert.That(() => command.ExecuteNonQueryAsync(), Throws.InstanceOf<Npgsql.PostgresException>().With.Property("SqlState").EqualTo("42501"), forbidden);
            }
        }
        finally
        {
            await database.ExecuteAsync($"DROP OWNED BY {role}; DROP ROLE {role}");
        }
    }

    [Test]
    public async Task The_rights_without_a_role_are_one_error_that_says_how_to_name_it()
    {
        await using var database = await TestDatabase.CreateAsync();

        var error = await Assert.ThrowsAsync<AssertionException>(() => GrantsFile.RunAsync(database));
        Assert.That(error!.Message, Does.Contain("ERROR:  Which role? psql -v role=my_app -f grants.sql\n").And.Not.Match("(?s)ERROR:.*(ERROR|CONTEXT):"));
    }

    private static async Task RunAsync(TestDatabase database, string page, int atLeast, Func<DocumentedBlock, bool>? which = null)
    {
        await using var host = await CacheHost.StartAsync(database.ConnectionString);
        await host.Cache.SetAsync("user_profile:1", new byte[100], new());
        var blocks = DocumentedBlock.Of(page).Where(block => block is { Language: "sql", Remark: "" } && which?.Invoke(block) is not false).ToList();
        Assert.That(blocks, Has.Count.GreaterThanOrEqualTo(atLeast));
        foreach (var block in blocks)
        {
            // Roles belong to the server, which other tests use too.
            var suffix = $"_{Guid.NewGuid():N}";
            var sql = block.Text.Replace("cache_user", $"cache_user{suffix}", StringComparison.Ordinal).Replace("cache_sweeper", $"cache_sweeper{suffix}", StringComparison.Ordinal);
            if (!sql.Contains("CREATE ROLE", StringComparison.Ordinal))
            {
                await database.ExecuteAsync($"CREATE ROLE cache_user{suffix}");
            }

            Assert.That(() => database.ExecuteAsync(sql), Throws.Nothing, block.ToString());
            await DropRolesAsync(database, suffix);
        }
    }

    private static Task DropRolesAsync(TestDatabase database, string suffix) =>
        database.ExecuteAsync(
            $"""
            DO $$
            DECLARE
              name text;
            BEGIN
              FOR name IN SELECT rolname FROM pg_roles WHERE rolname LIKE '%{suffix}' LOOP
                EXECUTE format('REASSIGN OWNED BY %I TO CURRENT_USER', name);
                EXECUTE format('DROP OWNED BY %I', name);
                EXECUTE format('DROP ROLE %I', name);
              END LOOP;
            END
            $$
            """);
}
