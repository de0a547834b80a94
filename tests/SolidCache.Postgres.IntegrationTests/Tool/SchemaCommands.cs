namespace SolidCache.Postgres.IntegrationTests.Tool;

public sealed class SchemaCommands : ToolFixture
{
    [Test]
    public async Task Migrate_makes_what_verify_finds_in_order()
    {
        var before = await RunAsync("verify");
        var migrate = await RunAsync("migrate");
        var verify = await RunAsync("verify");

        Assert.That((before.ExitCode, migrate.ExitCode, verify.ExitCode), Is.EqualTo((70, 0, 0)));
        Assert.That(before.Error, Does.Contain("Run solid-cache migrate"));
        Assert.That(
            verify.Lines.Skip(8).Select(line => string.Join(' ', line.Split('\t')[..2])),
            Is.EqualTo((string[])
            [
                "set passed", "get passed", "set json passed", "get json passed", "exists passed", "ttl passed", "remove passed",
                "remove by pattern passed", "statistics passed", "expiry passed",
            ]));
    }

    [Test]
    public async Task Verify_touches_its_own_entries_only()
    {
        await using var services = await MigratedCacheAsync("mine", "expired");
        await Database.ExecuteAsync(
            "UPDATE solid_cache_entries SET expires_at = now() - interval '1 day' WHERE key = 'expired'; UPDATE solid_cache_state SET last_sweep_finished_at = now() - interval '2 days'");
        var size = await Database.ScalarAsync<long>("SELECT pg_total_relation_size('solid_cache_entries')");
        Assert.That((await RunAsync("verify")).ExitCode, Is.Zero);
        Assert.That(await Database.ScalarAsync<long>("SELECT pg_total_relation_size('solid_cache_entries')"), Is.LessThanOrEqualTo(size + 65_536));
        var run = await RunAsync("verify", "--benchmark", "--iterations", "10");

        Assert.That(run.ExitCode, Is.Zero, run.Error);
        Assert.That(run.Lines, Does.Contain("sweeps\tthe role may sweep"));
        Assert.That(await Database.ScalarAsync<string>("SELECT string_agg(key, ',' ORDER BY key) FROM solid_cache_entries"), Is.EqualTo("expired,mine"));
        Assert.That(await Database.ScalarAsync<bool>("SELECT last_sweep_finished_at < now() - interval '1 day' FROM solid_cache_state"), Is.True);
    }

    [Test]
    public async Task The_benchmark_leaves_pages_that_vacuum_empties_and_says_so()
    {
        await using var services = await MigratedCacheAsync("mine");
        var size = await Database.ScalarAsync<long>("SELECT pg_total_relation_size('solid_cache_entries')");
        var run = await RunAsync("verify", "--benchmark", "--iterations", "200");
        await Database.ExecuteAsync("VACUUM solid_cache_entries");

        Assert.That(run.Lines[^1], Does.Match(@"^No entry of this is left\. The table is [0-9.]+ KB larger than before: pages that VACUUM empties for the next entries\.$"));
        Assert.That(await Database.ScalarAsync<long>("SELECT pg_total_relation_size('solid_cache_entries')"), Is.LessThanOrEqualTo(size + 32_768), "Maps of free space.");
    }

    [Test]
    public async Task A_table_is_taken_as_it_is_logged_or_not()
    {
        Assert.That((await RunAsync("migrate", "--unlogged")).ExitCode, Is.Zero);
        foreach (var command in (string[])["migrate", "verify", "stats", "cleanup", "get none", "rm none"])
        {
            var run = await RunAsync(command.Split(' '));
            Assert.That((run.ExitCode, run.Error), Is.EqualTo(command.EndsWith("none", StringComparison.Ordinal) ? (1, run.Error) : (0, "")), command);
        }

        Assert.That(await Database.ScalarAsync<string>("SELECT relpersistence::text FROM pg_class WHERE relname = 'solid_cache_entries'"), Is.EqualTo("u"));
        await Database.ExecuteAsync("ALTER TABLE solid_cache_entries SET LOGGED");
        var unlogged = await RunAsync("migrate", "--unlogged");
        Assert.That(unlogged.Error, Does.Contain("--unlogged was given, but the table public.solid_cache_entries is logged.").And.Contain("SET UNLOGGED;"));
    }

    [Test]
    public async Task The_benchmark_has_four_rows_and_a_histogram_of_each()
    {
        await using var services = await MigratedCacheAsync();
        var run = await RunAsync("verify", "--benchmark", "--iterations", "50");

        Assert.That(run.Lines.Where(line => line.Count(character => character == '\t') == 4).Select(line => line.Split('\t')[0]), Is.EqualTo((string[])["Operation", "SET", "GET", "SET JSON", "GET JSON"]));
        Assert.That(run.Lines.Where(line => line.Contains(" ms  ", StringComparison.Ordinal)).Sum(line => int.Parse(line.Split(' ')[^1], System.Globalization.CultureInfo.InvariantCulture)), Is.EqualTo(4 * 50));
    }

    [Test]
    public async Task A_role_that_may_only_read_fails_the_checks_that_write()
    {
        await using var services = await MigratedCacheAsync();
        var role = $"reader_{Guid.NewGuid():N}";
        await Database.ExecuteAsync($"CREATE ROLE {role} LOGIN PASSWORD 'reader'; GRANT SELECT ON solid_cache_entries, solid_cache_state, solid_cache_tag_removals TO {role}");
        var run = await ToolRun.OfAsync("verify", "--connection-string", Database.ConnectionStringOf(role, "reader"));
        await Database.ExecuteAsync($"DROP OWNED BY {role}; DROP ROLE {role}");

        Assert.That(run.ExitCode, Is.EqualTo(1).Or.EqualTo(70));
        Assert.That(run.Output + run.Error, Does.Contain("GRANT"));
    }

    [TestCase("solid_cache_is_fresh", "sweeps\tthe role may NOT sweep")]
    [TestCase("cleanup_expired_cache", "sweeps\tthe role may sweep", "function\tcleanup_expired_cache(maximum public.solid_cache_count DEFAULT NULL::bigint) (the role may NOT call it)")]
    public async Task A_function_that_the_role_may_not_call_is_told(string function, params string[] told)
    {
        await using var services = await MigratedCacheAsync();
        var role = $"app_{Guid.NewGuid():N}";
        await Database.ExecuteAsync(
            $"CREATE ROLE {role} LOGIN PASSWORD 'secret'; GRANT SELECT, INSERT, UPDATE, DELETE ON solid_cache_entries, solid_cache_state, solid_cache_tag_removals, solid_cache_invalidations TO {role}; "
            + $"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC");
        var run = await ToolRun.OfAsync("verify", "--connection-string", Database.ConnectionStringOf(role, "secret"));
        await Database.ExecuteAsync($"DROP OWNED BY {role}; DROP ROLE {role}");

        Assert.That(run.Lines, Is.SupersetOf(told), run.Output + run.Error);
    }

    [Test]
    public async Task The_script_makes_the_same_without_the_tool()
    {
        var script = await ToolRun.OfAsync("migrate", "--script");
        await Database.ExecuteAsync(script.RawText);

        Assert.That(script.RawText, Is.EqualTo(PostgresSolidCacheSchema.GetScript()));
        Assert.That((await RunAsync("verify")).ExitCode, Is.Zero);
    }

    [Test]
    public async Task An_output_means_the_script_and_changes_no_database()
    {
        var file = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.sql");
        var written = await RunAsync("migrate", "--output", file);
        var script = await File.ReadAllTextAsync(file);
        File.Delete(file);
        var refused = await RunAsync("migrate", "--output", Path.Combine(file, "x.sql"));

        Assert.That((written.ExitCode, refused.ExitCode), Is.EqualTo((0, 73)));
        Assert.That(script, Is.EqualTo(PostgresSolidCacheSchema.GetScript()));
        Assert.That(refused.Error, Does.StartWith("solid-cache: The script was not written: "));
        Assert.That(refused.Error.Trim().Split('\n'), Has.Length.EqualTo(1));
        Assert.That(await Database.ScalarAsync<bool>("SELECT to_regclass('solid_cache_entries') IS NULL"), Is.True);
    }

    [Test]
    public async Task Names_are_taken_literally()
    {
        await Database.ExecuteAsync("CREATE SCHEMA \"Ünï\"\"codé\"");
        string[] names = ["--schema", "Ünï\"codé", "--table", "[red]my cache[/]"];

        Assert.That((await RunAsync(["migrate", .. names])).ExitCode, Is.Zero);
        var verify = await RunAsync(["verify", .. names]);
        Assert.That(verify.ExitCode, Is.Zero, verify.Error);
        Assert.That(verify.Output, Does.Contain("[red]my cache[/]"));
    }
}
