using System.Net;

namespace SolidCache.Postgres.IntegrationTests.Sample;

/// <summary>What the administrators' page asks for.</summary>
public sealed class EntryAdministrationTests : SampleFixture
{
    [Test]
    public async Task An_entry_tells_its_size_and_its_life_and_not_what_it_holds()
    {
        using var profile = await Alice.ReadAsync("/users/2");
        using var response = await Admin.ReadAsync("/admin/cache/entry?key=user_profile:2");
        var entry = await response.JsonAsync();

        Assert.That(entry.Names(), Is.EqualTo(["key", "size_bytes", "time_to_live_seconds"]));
        Assert.That(entry.GetProperty("size_bytes").GetInt64(), Is.EqualTo(
            await Database.ScalarAsync<int>($"SELECT octet_length(value) FROM solid_cache_entries WHERE key = '{Service.StoredKey("user_profile:2")}'")));
        Assert.That(entry.GetProperty("time_to_live_seconds").GetDouble(), Is.InRange(500, 600));
    }

    [TestCase("")]
    [TestCase("a/b?c=d&e#f %2F")]
    [TestCase("Ünï\"codé😀")]
    [TestCase("zero\u0000inside")]
    public async Task Keys_may_hold_anything(string key)
    {
        var path = $"/admin/cache/entry?key={Uri.EscapeDataString(key)}";
        using var before = await Admin.ReadAsync(path);
        await Service.Cache.SetAsync(key, [1, 2, 3], new());
        using var found = await Admin.ReadAsync(path);
        using var removed = await Admin.DeleteAsync(new Uri(path, UriKind.Relative));
        using var after = await Admin.ReadAsync(path);

        Assert.That((before.StatusCode, found.StatusCode, removed.StatusCode, after.StatusCode), Is.EqualTo(
            (HttpStatusCode.NotFound, HttpStatusCode.OK, HttpStatusCode.NoContent, HttpStatusCode.NotFound)));
        Assert.That((await found.JsonAsync()).GetProperty("key").GetString(), Is.EqualTo(key));
    }

    [Test]
    public async Task A_prefix_removes_what_starts_with_it_and_wildcards_are_none()
    {
        foreach (var key in (string[])["a%1", "a%2", "ab3"])
        {
            await Service.Cache.SetAsync(key, [1], new());
        }

        using var response = await Admin.DeleteAsync(new Uri("/admin/cache/entries?prefix=a%25", UriKind.Relative));

        Assert.That((await response.JsonAsync()).GetProperty("removed_count").GetInt64(), Is.EqualTo(2));
        Assert.That(await Service.Cache.ExistsAsync("ab3"), Is.True);
    }

    [Test]
    public async Task Everything_is_removed_only_when_it_is_meant()
    {
        await Service.Cache.SetAsync("a", [1], new());
        using var slip = await Admin.DeleteAsync(new Uri("/admin/cache/entries?prefix=", UriKind.Relative));
        Assert.That(await Service.Cache.ExistsAsync("a"), Is.True);
        using var meant = await Admin.DeleteAsync(new Uri("/admin/cache/entries?prefix=&all=true", UriKind.Relative));

        Assert.That((slip.StatusCode, meant.StatusCode), Is.EqualTo((HttpStatusCode.BadRequest, HttpStatusCode.OK)));
        Assert.That(await Service.Cache.ExistsAsync("a"), Is.False);
    }

    [Test]
    public async Task The_live_figures_tell_what_happened_in_the_last_seconds()
    {
        using var miss = await Alice.ReadAsync("/users/2");
        using var hit = await Alice.ReadAsync("/users/2");
        await ExpireAsync("user_profile:2");
        using var cleanup = await Admin.PostTextAsync("/admin/cache/cleanup", "");
        var live = default(System.Text.Json.JsonElement);
        await Infrastructure.Eventually.TrueAsync(
            async () =>
            {
                using var response = await Admin.ReadAsync("/admin/cache/live");
                live = await response.JsonAsync();
                return live.GetProperty("seconds").EnumerateArray().Sum(second => second.GetProperty("hits").GetInt64()) > 0;
            },
            "the hit is in the figures");

        Assert.That(live.GetProperty("hit_ratio").GetDouble(), Is.GreaterThan(0).And.LessThan(1));
        Assert.That(live.GetProperty("seconds").EnumerateArray().Sum(second => second.GetProperty("writes").GetInt64()), Is.Positive);
        Assert.That(live.GetProperty("sweeps")[0].GetProperty("deleted_count").GetInt64(), Is.EqualTo(1));
    }

    [TestCase("GET", "/admin/cache/live")]
    [TestCase("GET", "/admin/cache/entry?key=a")]
    [TestCase("DELETE", "/admin/cache/entry?key=a")]
    [TestCase("DELETE", "/admin/cache/entries?prefix=a")]
    public async Task Only_administrators_may(string method, string path)
    {
        using var alice = await Alice.SendTextAsync(new HttpMethod(method), path, "");
        using var nobody = await Anonymous.SendTextAsync(new HttpMethod(method), path, "");

        Assert.That((alice.StatusCode, nobody.StatusCode), Is.EqualTo((HttpStatusCode.Forbidden, HttpStatusCode.Unauthorized)));
    }
}
