using System.Net;
using System.Net.Http.Json;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Sample;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class RateLimitTests
{
    private TestDatabase _database = null!;

    [SetUp]
    public async Task CreateDatabaseAsync() => _database = await TestDatabase.CreateAsync();

    [TearDown]
    public async Task DropDatabaseAsync() => await _database.DisposeAsync();

    [Test]
    public async Task An_address_that_tries_too_often_is_told_when_to_try_again()
    {
        await using var service = new SampleService(_database.ConnectionString, ("RateLimits:PerAddress", "3"));
        using var client = service.CreateClient();
        var codes = new List<HttpStatusCode>();
        for (var attempt = 0; attempt < 3; attempt++)
        {
            using var response = await TryAsync(client, $"user{attempt}@example.com");
            codes.Add(response.StatusCode);
        }

        using var refused = await TryAsync(client, "another@example.com");
        using var health = await client.ReadAsync("/health");

        Assert.That(codes, Is.All.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(refused.StatusCode, Is.EqualTo(HttpStatusCode.TooManyRequests));
        Assert.That(refused.Headers.RetryAfter?.Delta, Is.InRange(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1)));
        Assert.That(refused.MediaType(), Is.EqualTo("application/problem+json"));
        Assert.That(health.StatusCode, Is.EqualTo(HttpStatusCode.OK), "Nothing else is limited.");
    }

    [Test]
    public async Task An_account_is_tried_only_so_often_whatever_its_spelling()
    {
        await using var service = new SampleService(_database.ConnectionString, ("RateLimits:PerAccount", "2"));
        using var client = service.CreateClient();
        using var first = await TryAsync(client, "alice@example.com");
        using var second = await TryAsync(client, "ALICE@example.com");
        using var refused = await client.PostAsJsonAsync("/auth/sign-in", new { email = "Alice@Example.com", password = "Alice-demo-1" });
        using var other = await TryAsync(client, "admin@example.com");

        Assert.That(refused.StatusCode, Is.EqualTo(HttpStatusCode.TooManyRequests));
        Assert.That(other.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    private static Task<HttpResponseMessage> TryAsync(HttpClient client, string email) =>
        client.PostAsJsonAsync("/auth/sign-in", new { email, password = "wrong" });
}
