using System.Text.Json;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection;

namespace SolidCache.Postgres.IntegrationTests.Tool;

public sealed class EntryCommands : ToolFixture
{
    [Test]
    public async Task Get_shows_an_entry_and_its_bytes()
    {
        await using var services = await MigratedCacheAsync("[red]key[/]");
        var shown = await RunAsync("get", "[red]key[/]");
        var raw = await RunAsync("get", "[red]key[/]", "--raw");
        var missing = await RunAsync("get", "other");

        Assert.That(shown.Lines[^1], Is.EqualTo("value"));
        Assert.That(shown.Lines[0], Is.EqualTo("Property\tValue"));
        Assert.That(shown.Lines[2], Is.EqualTo("size\t5 bytes"));
        Assert.That(raw.RawText, Is.EqualTo("value"));
        Assert.That((shown.ExitCode, raw.ExitCode, missing.ExitCode), Is.EqualTo((0, 0, 1)));
    }

    [Test]
    public async Task A_value_cannot_write_over_the_terminal()
    {
        await using var services = await MigratedCacheAsync();
        var cache = services.GetRequiredService<ISolidCache>();
        await cache.SetAsync("escape", "\u001b[2Jgone[/]"u8.ToArray(), new());
        await cache.SetAsync("binary", [0xFF, 0xFE], new());

        Assert.That((await RunAsync("get", "escape")).Lines[^1], Is.EqualTo("\uFFFD[2Jgone[/]"));
        Assert.That((await RunAsync("get", "binary")).Lines[^1], Is.EqualTo("fffe"));
    }

    [Test]
    public async Task Rm_removes_by_key_by_prefix_and_by_pattern()
    {
        await using var services = await MigratedCacheAsync("one", "list:1", "list:2", "page_1", "pageX1");
        var byKey = await RunAsync("rm", "one");
        var byPrefix = await RunAsync("rm", "--prefix", "list:", "--yes");
        var byPattern = await RunAsync("rm", "--pattern", @"page\_%", "--yes");

        Assert.That((byKey.ExitCode, byPrefix.ExitCode, byPattern.ExitCode), Is.EqualTo((0, 0, 0)));
        Assert.That(byPrefix.Output, Does.StartWith("2 entries removed."));
        Assert.That(byPattern.Output, Does.StartWith("1 entry removed."));
        Assert.That(await Database.ScalarAsync<string>("SELECT string_agg(key, ',') FROM solid_cache_entries"), Is.EqualTo("pageX1"));
    }

    [Test]
    public async Task Many_are_not_removed_where_nobody_can_be_asked()
    {
        await using var services = await MigratedCacheAsync("list:1");
        var run = await RunAsync("rm", "--prefix", "list:");

        Assert.That(run.ExitCode, Is.EqualTo(64));
        Assert.That(run.Error, Does.Contain("--yes"));
        Assert.That(await Database.ScalarAsync<long>("SELECT count(*) FROM solid_cache_entries"), Is.EqualTo(1));
    }

    [Test]
    public async Task A_key_prefix_is_the_applications_own()
    {
        await using var services = await MigratedCacheAsync("one");
        var run = await RunAsync("get", "one", "--key-prefix", "app");

        Assert.That(run.ExitCode, Is.EqualTo(1));
    }

    [TestCase("shop^one")]
    [TestCase("^a^b")]
    public async Task What_psql_shows_is_found_and_removed(string stored)
    {
        await using var services = await MigratedCacheAsync("a^b");
        await SetAsync("shop", "one");

        Assert.That((await RunAsync("get", stored)).ExitCode, Is.Zero);
        Assert.That((await RunAsync("rm", stored)).Output, Does.StartWith("Removed."));
        Assert.That(await Database.ScalarAsync<long>("SELECT count(*) FROM solid_cache_entries WHERE key = $$" + stored + "$$"), Is.Zero);
    }

    [Test]
    public async Task Which_prefixes_exist_is_told_where_one_may_be_missing()
    {
        await using var services = await MigratedCacheAsync("plain", "zebra");
        await SetAsync("shop", "one");
        await SetAsync("shop", "two");
        await SetAsync("crm", "one");
        const string Hint = "The table holds keys of the prefixes crm, shop: name one with --key-prefix.";

        Assert.That((await RunAsync("get", "one")).Error, Does.Contain(Hint));
        Assert.That((await RunAsync("rm", "one")).Error, Does.Contain(Hint));
        var all = await RunAsync("rm", "--prefix", "", "--yes");
        Assert.That(all.Output, Does.StartWith("2 entries removed."));
        Assert.That(all.Error, Does.Contain("Keys with a prefix were left alone. " + Hint));
        Assert.That((await RunAsync("rm", "--prefix", "shop^", "--yes")).Output, Does.StartWith("2 entries removed."));
    }

    [Test]
    public async Task A_key_with_an_at_sign_is_a_key_and_no_file()
    {
        await using var services = await MigratedCacheAsync("@user");

        Assert.That((await RunAsync("get", "@user")).ExitCode, Is.Zero);
        Assert.That((await RunAsync("rm", "@user")).Output, Does.StartWith("Removed."));
    }

    [Test]
    public async Task Rm_tells_whether_there_was_one()
    {
        await using var services = await MigratedCacheAsync("one");

        Assert.That((await RunAsync("rm", "one")).ExitCode, Is.Zero);
        var again = await RunAsync("rm", "one");
        Assert.That(again.ExitCode, Is.EqualTo(1));
        Assert.That(again.Error, Does.StartWith("solid-cache: There is no entry under this key."));
    }

    [Test]
    public async Task A_long_value_is_one_line_and_its_size_readable()
    {
        await using var services = await MigratedCacheAsync();
        var value = string.Join(' ', Enumerable.Repeat("\u202Eword", 600));
        await services.GetRequiredService<ISolidCache>().SetStringAsync("long", value);
        var run = await RunAsync("get", "long");

        Assert.That(run.Lines[2], Is.EqualTo("size\t4.7 KB"));
        Assert.That(run.Lines, Has.Length.EqualTo(4));
        Assert.That(run.Lines[^1], Does.StartWith("\uFFFDword \uFFFDword"));
    }

    [Test]
    public async Task Stats_are_a_table_or_JSON_of_a_stable_shape()
    {
        await using var services = await MigratedCacheAsync("one", "two");
        var table = await RunAsync("stats");
        using var json = JsonDocument.Parse((await RunAsync("stats", "--json")).Output);

        Assert.That(table.Lines[..2], Is.EqualTo((string[])["Figure\tValue", "entries\t2"]));
        Assert.That(json.RootElement.EnumerateObject().Select(property => property.Name), Is.EqualTo((string[])
            [
                "total_entries", "expired_entries", "overdue_entries", "total_size_bytes", "total_size_kb", "live_bytes", "is_estimate", "last_sweep_age_seconds",
            ]));
        Assert.That(json.RootElement.GetProperty("total_entries").GetInt64(), Is.EqualTo(2));
    }

    [Test]
    public async Task Cleanup_tells_how_many_had_expired()
    {
        await using var services = await MigratedCacheAsync("one", "two");
        await Database.ExecuteAsync("UPDATE solid_cache_entries SET expires_at = now() WHERE key = 'one'");
        var run = await RunAsync("cleanup");

        Assert.That(run.Output, Does.StartWith("1 expired entry removed."));
        Assert.That(await Database.ScalarAsync<long>("SELECT count(*) FROM solid_cache_entries"), Is.EqualTo(1));
    }

    private async Task SetAsync(string prefix, string key)
    {
        await using var services = new ServiceCollection()
            .AddPostgresSolidCache(options => (options.ConnectionString, options.KeyPrefix) = (Database.ConnectionString, prefix))
            .BuildServiceProvider();
        await services.GetRequiredService<ISolidCache>().SetAsync(key, "value"u8.ToArray(), new() { AbsoluteExpirationRelativeToNow = TimeSpan.FromMinutes(1) });
    }
}
