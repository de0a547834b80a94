using System.Text.Json;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Hosting;

/// <summary>Two versions of an application on one table, each with the shape of its own JSON in its key prefix.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class KeyVersions
{
    private TestDatabase _database = null!;

    [SetUp]
    public async Task SetUp() => _database = await TestDatabase.CreateAsync();

    [TearDown]
    public async Task TearDown() => await _database.DisposeAsync();

    [Test]
    public async Task Neither_version_reads_the_shape_of_the_other()
    {
        await using var old = await StartAsync<OldProfile>();
        await using var current = await StartAsync<Profile>();

        await old.Cache.SetJsonAsync("user_profile:1", new OldProfile(1, "Ada"));
        Assert.That(await current.Cache.TryGetJsonAsync<Profile>("user_profile:1"), Is.EqualTo((false, (Profile?)null)));

        await current.Cache.SetJsonAsync("user_profile:1", new Profile(1, "Ada", "+1 555 0100"));
        Assert.That(await old.Cache.GetJsonAsync<OldProfile>("user_profile:1"), Is.EqualTo(new OldProfile(1, "Ada")));
        Assert.That(await current.Cache.GetJsonAsync<Profile>("user_profile:1"), Is.EqualTo(new Profile(1, "Ada", "+1 555 0100")));
    }

    [Test]
    public async Task The_same_version_started_again_reads_what_it_stored()
    {
        await using (var before = await StartAsync<Profile>())
        {
            await before.Cache.SetJsonAsync("user_profile:1", new Profile(1, "Ada", null));
        }

        await using var after = await StartAsync<Profile>();
        Assert.That(await after.Cache.GetJsonAsync<Profile>("user_profile:1"), Is.EqualTo(new Profile(1, "Ada", null)));
    }

    [Test]
    public async Task The_version_is_readable_in_the_table()
    {
        await using var host = await StartAsync<Profile>();
        await host.Cache.SetJsonAsync("user_profile:1", new Profile(1, "Ada", null));

        Assert.That(
            await _database.ScalarAsync<string>("SELECT key FROM solid_cache_entries"),
            Is.EqualTo($"auth-{VersionOf<Profile>()}^user_profile:1"));
    }

    private static string VersionOf<T>() => SolidCacheKeyVersion.Of(JsonSerializerOptions.Web.GetTypeInfo(typeof(T)));

    private Task<CacheHost> StartAsync<T>() =>
        CacheHost.StartAsync(_database.ConnectionString, options => options.KeyPrefix = $"auth-{VersionOf<T>()}");

    private sealed record OldProfile(long Id, string Name);

    private sealed record Profile(long Id, string Name, string? Phone);
}
