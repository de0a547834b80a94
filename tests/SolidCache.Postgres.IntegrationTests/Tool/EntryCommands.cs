using System.Text.Json;
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
        Assert.That(shown.Lines[1], Is.EqualTo("size\t5 bytes"));
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

    [Test]
    public async Task Stats_are_a_table_or_JSON_of_a_stable_shape()
    {
        await using var services = await MigratedCacheAsync("one", "two");
        var table = await RunAsync("stats");
        using var json = JsonDocument.Parse((await RunAsync("stats", "--json")).Output);

        Assert.That(table.Lines[0], Is.EqualTo("entries\t2"));
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
}
