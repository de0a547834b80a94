using System.Net;
using System.Net.Http.Json;
using Npgsql;
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

    [Test]
    public async Task Addresses_of_one_IPv6_network_are_one()
    {
        await using var service = new SampleService(_database.ConnectionString, ("RateLimits:PerAddress", "3"));
        var codes = new List<HttpStatusCode>();
        for (var host = 1; host <= 40; host++)
        {
            using var client = service.From($"2001:db8:1:2::{host:x}");
            using var response = await TryAsync(client, $"user{host}@example.com");
            codes.Add(response.StatusCode);
        }

        using var neighbour = service.From("2001:db8:1:3::1");
        using var other = await TryAsync(neighbour, "another@example.com");

        Assert.That(codes.Count(code => code != HttpStatusCode.TooManyRequests), Is.EqualTo(3));
        Assert.That(other.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [TestCase("kim@example.com", "\u212Aim@example.com", Description = "The sign of kelvin, of which PostgreSQL makes a k and .NET does not.")]
    [TestCase("nobody-k@example.com", "nobody-\u212A@example.com", Description = "An address that is nobody's behaves the same.")]
    public async Task Spellings_that_the_database_takes_for_one_count_as_one(string email, string otherSpelling)
    {
        var name = $"letters_{Guid.NewGuid():N}";
        await PostgresServer.ExecuteAsync(
            PostgresServer.ConnectionString, $"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'");
        var connectionString = new NpgsqlConnectionStringBuilder(PostgresServer.ConnectionString) { Database = name }.ConnectionString;
        try
        {
            await using var service = new SampleService(connectionString, ("RateLimits:PerAccount", "2"));
            using var client = service.From("192.0.2.1");
            using var elsewhere = service.From("192.0.2.2");
            using var registration = await client.PostAsJsonAsync(
                "/auth/register", new { email = "kim@example.com", username = "kim", password = "the first password", displayName = "Kim" });
            using var first = await TryAsync(elsewhere, email);
            using var second = await TryAsync(elsewhere, otherSpelling);
            using var refused = await TryAsync(elsewhere, otherSpelling);

            Assert.That((first.StatusCode, second.StatusCode), Is.EqualTo((HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized)));
            Assert.That(refused.StatusCode, Is.EqualTo(HttpStatusCode.TooManyRequests));
        }
        finally
        {
            await PostgresServer.DropDatabaseAsync(connectionString);
        }
    }

    [Test]
    public async Task Who_tries_passwords_elsewhere_does_not_lock_the_owner_out_at_home()
    {
        await using var service = new SampleService(_database.ConnectionString, ("RateLimits:PerAccount", "2"));
        using var home = service.From("192.0.2.1");
        using var before = await SignInAsync(home);
        var codes = new List<HttpStatusCode>();
        for (var host = 1; host <= 10; host++)
        {
            using var attacker = service.From($"198.51.100.{host}");
            using var response = await TryAsync(attacker, "alice@example.com");
            codes.Add(response.StatusCode);
        }

        using var atHome = await SignInAsync(home);
        using var travelling = service.From("203.0.113.1");
        using var abroad = await SignInAsync(travelling);
        using var wrongAtHome = await TryAsync(home, "alice@example.com");

        Assert.That(codes.Count(code => code == HttpStatusCode.Unauthorized), Is.EqualTo(1), "They have one count, in which the first sign-in from home is, too.");
        Assert.That((before.StatusCode, atHome.StatusCode), Is.EqualTo((HttpStatusCode.OK, HttpStatusCode.OK)));
        Assert.That(abroad.StatusCode, Is.EqualTo(HttpStatusCode.TooManyRequests));
        Assert.That(wrongAtHome.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [Test]
    public async Task The_current_password_is_tried_only_so_often()
    {
        await using var service = new SampleService(_database.ConnectionString, ("RateLimits:PerAccount", "2"));
        using var alice = await service.SignInAsAliceAsync();
        using var first = await ChangeAsync(alice, "wrong");
        using var second = await ChangeAsync(alice, "wrong");
        using var refused = await ChangeAsync(alice, "Alice-demo-1");

        Assert.That((first.StatusCode, second.StatusCode), Is.EqualTo((HttpStatusCode.BadRequest, HttpStatusCode.BadRequest)));
        Assert.That(refused.StatusCode, Is.EqualTo(HttpStatusCode.TooManyRequests));
        Assert.That(refused.MediaType(), Is.EqualTo("application/problem+json"));
    }

    private static Task<HttpResponseMessage> ChangeAsync(HttpClient client, string currentPassword) =>
        client.PostAsJsonAsync("/auth/change-password", new { currentPassword, newPassword = "the second password" });

    private static Task<HttpResponseMessage> SignInAsync(HttpClient client) =>
        client.PostAsJsonAsync("/auth/sign-in", new { email = "alice@example.com", password = "Alice-demo-1" });

    private static Task<HttpResponseMessage> TryAsync(HttpClient client, string email) =>
        client.PostAsJsonAsync("/auth/sign-in", new { email, password = "wrong" });
}
