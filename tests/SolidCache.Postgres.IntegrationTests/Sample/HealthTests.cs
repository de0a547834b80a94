using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Npgsql;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Sample;

public sealed class HealthTests : SampleFixture
{
    [Test]
    public async Task Health_tells_of_the_database_its_pool_Redis_and_the_cache()
    {
        using var response = await Anonymous.ReadAsync("/health");
        var health = await response.JsonAsync();

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(Shape("", health), Is.EqualTo((string[])
            [
                ".status=healthy",
                ".services.database.healthy=True",
                ".services.database.pools.primary.status=healthy",
                ".services.database.pools.primary.size:Number",
                ".services.database.pools.primary.free:Number",
                ".services.redis.status=healthy",
                ".services.solid_cache.status=healthy",
                ".services.solid_cache.total_entries:Number",
                ".services.solid_cache.expired_entries:Number",
                ".services.solid_cache.total_size_kb:Number",
            ]));
    }

    [Test]
    public async Task Health_counts_live_and_expired_entries()
    {
        using var first = await Admin.ReadAsync("/users/1");
        using var second = await Admin.ReadAsync("/users/2");
        await ExpireAsync("user_profile:2");

        using var response = await Anonymous.ReadAsync("/health");
        var cache = (await response.JsonAsync()).GetProperty("services").GetProperty("solid_cache");

        Assert.That(cache.GetProperty("total_entries").GetInt64(), Is.EqualTo(2));
        Assert.That(cache.GetProperty("expired_entries").GetInt64(), Is.EqualTo(1));
    }

    [Test]
    public async Task Entries_that_no_sweep_removed_degrade_the_health_but_not_the_service()
    {
        await Database.ExecuteAsync(
            """
            INSERT INTO solid_cache_entries (key, value, expires_at)
            SELECT 'old:' || number, '', now() - interval '3 hours'
            FROM generate_series(1, 1001) AS number
            """);

        using var response = await Anonymous.ReadAsync("/health");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await response.JsonAsync()).GetProperty("status").GetString(), Is.EqualTo("degraded"));
    }

    [Test]
    public async Task Without_its_database_the_service_is_unavailable_and_keeps_its_secrets()
    {
        // Port 1 belongs to a service that nobody runs.
        var away = new NpgsqlConnectionStringBuilder(Database.ConnectionString) { Host = "127.0.0.1", Port = 1, Username = "someone", Password = "se-cret" };
        await using var service = new SampleService(away.ConnectionString);
        using var client = service.CreateClient();

        using var response = await client.ReadAsync("/health");
        var body = await response.Content.ReadAsStringAsync();
        using var json = JsonDocument.Parse(body);
        var services = json.RootElement.GetProperty("services");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
            Assert.That(json.RootElement.GetProperty("status").GetString(), Is.EqualTo("unhealthy"));
            Assert.That(services.GetProperty("database").GetProperty("healthy").GetBoolean(), Is.False);
            Assert.That(services.GetProperty("solid_cache").Names(), Is.EqualTo(["status"]));
            Assert.That(body, Does.Not.Contain("se-cret").And.Not.Contain("someone").And.Not.Contain("127.0.0.1"));
        }
    }

    [Test]
    public async Task Without_its_database_the_service_answers_that_it_may_be_back()
    {
        var away = new NpgsqlConnectionStringBuilder(Database.ConnectionString) { Host = "127.0.0.1", Port = 1 };
        await using var service = new SampleService(away.ConnectionString);
        using var client = service.CreateClient();

        using var response = await client.PostTextAsync("/auth/sign-in", """{"email":"a@example.com","password":"x"}""");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That(response.MediaType(), Is.EqualTo("application/problem+json"));
    }

    [Test]
    public async Task A_database_that_is_silent_is_told_in_seconds()
    {
        await using var server = new SilentServer(Database.ConnectionString);
        await using var service = new SampleService(server.ConnectionString);
        using var client = service.CreateClient();
        using var before = await client.ReadAsync("/health");
        server.FallSilent();
        var started = Stopwatch.GetTimestamp();
        using var health = await client.ReadAsync("/health");
        var toHealth = Stopwatch.GetElapsedTime(started);
        using var signIn = await client.PostTextAsync("/auth/sign-in", """{"email":"a@example.com","password":"x"}""");

        Assert.That((before.StatusCode, health.StatusCode), Is.EqualTo((HttpStatusCode.OK, HttpStatusCode.ServiceUnavailable)));
        Assert.That(signIn.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That(toHealth, Is.LessThan(TimeSpan.FromSeconds(10)));
        Assert.That(Stopwatch.GetElapsedTime(started) - toHealth, Is.LessThan(TimeSpan.FromSeconds(25)));
    }

    [Test]
    public async Task A_database_that_takes_no_changes_serves_reads_and_says_so()
    {
        await using var own = await TestDatabase.CreateAsync();
        await using var service = new SampleService(own.ConnectionString);
        using var admin = await service.SignInAsAdminAsync();
        await own.ExecuteAsync("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', current_database()); END $$");
        await using (var source = NpgsqlDataSource.Create(own.ConnectionString))
        {
            await using var end = source.CreateCommand("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()");
            await end.ExecuteNonQueryAsync();
        }

        await Eventually.TrueAsync(async () => await StatusAsync(admin) == "degraded", "the database takes no changes");
        using var read = await admin.ReadAsync("/users/1?useCache=false");
        using var signIn = await admin.PostTextAsync("/auth/sign-in", """{"email":"alice@example.com","password":"Alice-demo-1"}""");
        using var change = await admin.PutTextAsync("/users/1", """{"displayName":"Other"}""");

        Assert.That(read.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((signIn.StatusCode, change.StatusCode), Is.EqualTo((HttpStatusCode.ServiceUnavailable, HttpStatusCode.ServiceUnavailable)));
    }

    [Test]
    public async Task A_statement_that_ran_out_of_its_time_may_be_tried_again()
    {
        var hasty = new NpgsqlConnectionStringBuilder(Database.ConnectionString) { Options = "-c statement_timeout=500" };
        await using var service = new SampleService(hasty.ConnectionString);
        using var client = service.CreateClient();
        await Eventually.TrueAsync(async () => await StatusAsync(client) == "healthy", "the service is up");
        await using var source = NpgsqlDataSource.Create(Database.ConnectionString);
        await using var held = await HeldLock.TakeAsync(source, "LOCK auth.users IN ACCESS EXCLUSIVE MODE");
        using var response = await client.PostTextAsync("/auth/sign-in", """{"email":"a@example.com","password":"x"}""");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
    }

    [Test]
    public async Task A_service_whose_tables_are_not_made_yet_is_not_broken()
    {
        await using var own = await TestDatabase.CreateAsync();
        await using var source = NpgsqlDataSource.Create(own.ConnectionString);
        await using var held = await HeldLock.TakeAsync(source, "CREATE SCHEMA auth");
        await using var service = new SampleService(own.ConnectionString);
        using var client = service.CreateClient();
        using var response = await client.PostTextAsync("/auth/sign-in", """{"email":"a@example.com","password":"x"}""");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
    }

    /// <summary>The cache is asked first, and refuses after a while by itself.</summary>
    [Test]
    public async Task Without_its_database_what_is_cached_is_unavailable_too_whoever_says_so()
    {
        var away = new NpgsqlConnectionStringBuilder(Database.ConnectionString) { Host = "127.0.0.1", Port = 1 };
        await using var service = new SampleService(away.ConnectionString);
        using var client = service.WithToken(Alice.DefaultRequestHeaders.Authorization!.Parameter!);
        for (var time = 0; time < 12; time++)
        {
            using var response = await client.ReadAsync("/settings");
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        }
    }

    private static async Task<string?> StatusAsync(HttpClient client)
    {
        using var response = await client.ReadAsync("/health");
        return (await response.JsonAsync()).GetProperty("status").GetString();
    }

    /// <summary>The paths of a JSON object in their order, with the values that never change.</summary>
    private static IEnumerable<string> Shape(string path, JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object => json.EnumerateObject().SelectMany(property => Shape($"{path}.{property.Name}", property.Value)),
        JsonValueKind.Number => [$"{path}:{json.ValueKind}"],
        _ => [$"{path}={json}"],
    };
}
