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
        Assert.That(before.Error, Does.Contain("is missing. Run solid-cache migrate"));
        Assert.That(
            verify.Lines.Skip(7).Select(line => string.Join(' ', line.Split('\t')[..2])),
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
        await Database.ExecuteAsync($"CREATE ROLE {role} LOGIN PASSWORD 'reader'; GRANT SELECT ON solid_cache_entries, solid_cache_state TO {role}");
        var run = await ToolRun.OfAsync("verify", "--connection-string", Database.ConnectionStringOf(role, "reader"));
        await Database.ExecuteAsync($"DROP OWNED BY {role}; DROP ROLE {role}");

        Assert.That(run.ExitCode, Is.EqualTo(1).Or.EqualTo(70));
        Assert.That(run.Output + run.Error, Does.Contain("GRANT"));
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
