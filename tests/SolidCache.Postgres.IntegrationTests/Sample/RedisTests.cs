using System.Net;
using AuthService.Caching;
using Microsoft.Extensions.DependencyInjection;
using SolidCache.Postgres.IntegrationTests.Infrastructure;
using StackExchange.Redis;

namespace SolidCache.Postgres.IntegrationTests.Sample;

/// <summary>The service's other cache, a real Redis and the embedded one, while it is there and while it is not.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class RedisTests
{
    private TestDatabase _database = null!;

    [SetUp]
    public async Task CreateDatabaseAsync() => _database = await TestDatabase.CreateAsync();

    [TearDown]
    public async Task DropDatabaseAsync() => await _database.DisposeAsync();

    [Test]
    public async Task A_Redis_that_is_killed_makes_the_service_slower_and_not_silent()
    {
        using var redis = await RedisProcess.StartAsync();
        await using var service = new SampleService(_database.ConnectionString, ("ConnectionStrings:Redis", redis.ConnectionString));
        using var admin = await service.SignInAsAdminAsync();
        await AssertMissAsync(admin, "miss");
        await EventuallyHitAsync(admin);
        Assert.That(await HealthAsync(admin), Is.EqualTo((HttpStatusCode.OK, "healthy", "healthy")));

        redis.Kill();
        for (var read = 0; read < 3; read++)
        {
            await AssertMissAsync(admin, "miss");
        }

        Assert.That(await HealthAsync(admin), Is.EqualTo((HttpStatusCode.OK, "degraded", "unhealthy")));

        await redis.StartAgainAsync();
        await Eventually.TrueAsync(async () => await HealthAsync(admin) == (HttpStatusCode.OK, "healthy", "healthy"), "the service finds Redis again");
        await AssertMissAsync(admin, "miss");
        await EventuallyHitAsync(admin);
    }

    [Test]
    public async Task Without_its_embedded_Redis_the_service_goes_on()
    {
        await using var service = new SampleService(_database.ConnectionString);
        using var admin = await service.SignInAsAdminAsync();
        await AssertMissAsync(admin, "miss");
        await EventuallyHitAsync(admin);

        service.Services.GetRequiredService<EmbeddedRedis>().Dispose();

        await AssertMissAsync(admin, "miss");
        Assert.That(await HealthAsync(admin), Is.EqualTo((HttpStatusCode.OK, "degraded", "unhealthy")));
    }

    [TestCase("SAVE")]
    [TestCase("BGSAVE")]
    public async Task The_embedded_Redis_writes_no_file_whatever_it_is_asked(string command)
    {
        await using var service = new SampleService(_database.ConnectionString);
        using var admin = await service.SignInAsAdminAsync();
        await AssertMissAsync(admin, "miss");
        var redis = service.Services.GetRequiredService<IConnectionMultiplexer>();
        var before = FilesHere();
        try
        {
            await redis.GetServers().Single().ExecuteAsync(command);
        }
        catch (Exception error) when (error is RedisException or RedisTimeoutException)
        {
            // Refused, or not answered within the service's quarter of a second.
            TestContext.Out.WriteLine($"{command}: {error.Message}");
        }

        await EventuallyHitAsync(admin);
        service.Services.GetRequiredService<EmbeddedRedis>().Dispose();
        Assert.That(FilesHere().Except(before), Is.Empty);
    }

    [Test]
    public async Task The_embedded_Redis_answers_nobody_but_the_service()
    {
        await using var service = new SampleService(_database.ConnectionString);
        using var client = service.CreateClient();
        await using var stranger = await ConnectionMultiplexer.ConnectAsync(new ConfigurationOptions
        {
            EndPoints = { { "127.0.0.1", service.Services.GetRequiredService<EmbeddedRedis>().Port } },
            AbortOnConnectFail = false,
            ConnectRetry = 0,
        });

        await Assert.ThrowsAsync<RedisConnectionException>(() => stranger.GetDatabase().StringGetAsync("anything"));
    }

    [Test]
    public async Task Permissions_that_could_not_be_removed_from_Redis_are_not_read_again()
    {
        using var redis = await RedisProcess.StartAsync();
        await using var service = new SampleService(_database.ConnectionString, ("ConnectionStrings:Redis", redis.ConnectionString));
        await using var other = new SampleService(_database.ConnectionString, ("ConnectionStrings:Redis", "127.0.0.1:1"));
        using var admin = await service.SignInAsAdminAsync();
        using var adminOfOther = await other.SignInAsAdminAsync();
        await ReadProfileAsync(admin);

        // This instance cannot reach Redis, so that what the other has cached there stays.
        using var change = await adminOfOther.PutTextAsync("/users/1/roles", """{"roles":["admin","support"]}""");
        await _database.ExecuteAsync("DELETE FROM auth.role_permissions USING auth.permissions WHERE permission_id = id AND name = 'users:write'");
        using var removed = await adminOfOther.PutTextAsync("/users/1/roles", """{"roles":["admin"]}""");

        using var profile = await ReadProfileAsync(admin);
        Assert.That((await profile.JsonAsync()).GetProperty("permissions").Strings(), Is.EqualTo(["system:admin", "users:read"]));
    }

    private static string[] FilesHere() => Directory.GetFileSystemEntries(Environment.CurrentDirectory, "*", SearchOption.AllDirectories);

    private static Task<HttpResponseMessage> ReadProfileAsync(HttpClient client) => client.ReadAsync("/users/1");

    private async Task AssertMissAsync(HttpClient client, string permissions) =>
        Assert.That(await ReadMissedProfileAsync(client), Is.EqualTo((HttpStatusCode.OK, "miss", permissions)));

    /// <summary>The service waits for Redis no longer than for the database, which a busy machine may exceed.</summary>
    private Task EventuallyHitAsync(HttpClient client) =>
        Eventually.TrueAsync(async () => await ReadMissedProfileAsync(client) == (HttpStatusCode.OK, "miss", "hit"), "Redis has the permissions");

    /// <summary>Reads a profile that is not in Solid Cache.</summary>
    private async Task<(HttpStatusCode Code, string? Cache, string? Permissions)> ReadMissedProfileAsync(HttpClient client)
    {
        await _database.ExecuteAsync("DELETE FROM solid_cache_entries");
        using var response = await ReadProfileAsync(client);
        return (response.StatusCode, response.Cache(), response.PermissionsCache());
    }

    private static async Task<(HttpStatusCode Code, string? Status, string? Redis)> HealthAsync(HttpClient client)
    {
        using var response = await client.ReadAsync("/health");
        var health = await response.JsonAsync();
        return (response.StatusCode, health.GetProperty("status").GetString(), health.GetProperty("services").GetProperty("redis").GetProperty("status").GetString());
    }
}
