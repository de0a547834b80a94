using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Health;

public sealed class CacheHealth
{
    private TestDatabase _database = null!;

    [SetUp]
    public async Task CreateDatabaseAsync() => _database = await TestDatabase.CreateAsync();

    [TearDown]
    public async Task DropDatabaseAsync() => await _database.DisposeAsync();

    [Test]
    public async Task A_cache_that_answers_is_healthy_and_reports_what_it_holds()
    {
        await using var node = await StartAsync();
        await node.Cache.SetAsync("a", new byte[100], new());
        await node.Cache.SetAsync("b", new byte[100], new() { AbsoluteExpirationRelativeToNow = TimeSpan.FromMicroseconds(1) });

        var health = await CheckAsync(node);

        Assert.That(health.Status, Is.EqualTo(HealthStatus.Healthy));
        Assert.That(health.Data["total_entries"], Is.EqualTo(2));
        Assert.That(health.Data["expired_entries"], Is.EqualTo(1));
        Assert.That(health.Data["overdue_entries"], Is.Zero);
        Assert.That(health.Data["live_bytes"], Is.EqualTo(101));
        Assert.That(health.Data["total_size_bytes"], Is.GreaterThan(8_000));
        Assert.That(health.Data["total_size_kb"], Is.EqualTo((long)health.Data["total_size_bytes"] / 1024.0).Within(0.1));
        Assert.That(health.Data, Does.Not.ContainKey("last_sweep_age_seconds"));

        await node.Cache.RemoveExpiredAsync();
        Assert.That((await CheckAsync(node)).Data["last_sweep_age_seconds"], Is.InRange(0, 60));
    }

    [Test]
    public async Task Entries_that_no_sweep_removes_degrade_it()
    {
        await using var node = await StartAsync();
        await InsertAsync("now() - interval '2 hours'", 1_001);

        var health = await CheckAsync(node);

        Assert.That(health.Status, Is.EqualTo(HealthStatus.Degraded));
        Assert.That(health.Description, Does.Contain("1001 entries"));
    }

    [Test]
    public async Task Entries_that_wait_for_the_next_sweep_do_not()
    {
        await using var node = await StartAsync();
        await InsertAsync("now() - interval '50 minutes'", 1_001);

        Assert.That((await CheckAsync(node)).Status, Is.EqualTo(HealthStatus.Healthy));
    }

    [Test]
    public async Task More_bytes_than_expected_degrade_it()
    {
        await using var node = await StartAsync(options => options.MaxLiveBytes = 50_000);
        await InsertAsync("'infinity'", 1_000);

        var health = await CheckAsync(node);

        Assert.That((health.Status, health.Description), Is.EqualTo(
            (HealthStatus.Degraded, $"The cache holds {health.Data["live_bytes"]} live bytes (allowed: 50000): shorten the entries' lives, or raise the threshold.")));
    }

    [Test]
    public async Task A_missing_table_is_unhealthy_and_the_description_says_what_to_do()
    {
        await using var node = await StartAsync();
        await _database.ExecuteAsync("DROP TABLE solid_cache_entries");

        var health = await CheckAsync(node);

        Assert.That(health.Status, Is.EqualTo(HealthStatus.Unhealthy));
        Assert.That(health.Description, Does.Contain("public.solid_cache_entries").And.Contain("GetScript"));
    }

    [Test]
    public async Task Missing_rights_are_unhealthy_and_the_description_names_the_grant()
    {
        var role = $"role_{Guid.NewGuid():N}";
        await _database.ExecuteAsync(PostgresSolidCacheSchema.GetScript() + $"CREATE ROLE {role} LOGIN PASSWORD 'secret'");
        await using (var node = await StartAsync(connectionString: _database.ConnectionStringOf(role, "secret")))
        {
            var health = await CheckAsync(node);

            Assert.That(health.Status, Is.EqualTo(HealthStatus.Unhealthy));
            Assert.That(health.Description, Does.Contain("GRANT SELECT, INSERT, UPDATE, DELETE").And.Not.Contain("secret"));
        }

        await _database.ExecuteAsync($"DROP ROLE {role}");
    }

    [Test]
    public async Task A_server_that_is_gone_is_unhealthy()
    {
        await using var node = await StartAsync(connectionString: "Host=127.0.0.1;Port=1;Username=u;Password=secret");

        var health = await CheckAsync(node);

        Assert.That(health.Status, Is.EqualTo(HealthStatus.Unhealthy));
        Assert.That(health.Description, Does.StartWith("The server of the cache cannot be reached").And.Not.Contain("secret"));
    }

    [Test]
    public async Task A_large_table_is_estimated_within_reason()
    {
        await using var node = await StartAsync();
        await InsertAsync("'infinity'", 150_000);
        await InsertAsync("now() - interval '2 hours'", 50_000);

        var statistics = await node.Cache.GetStatisticsAsync();

        Assert.That(statistics.IsEstimate);
        Assert.That(statistics.TotalEntries, Is.InRange(190_000, 210_000));
        Assert.That(statistics.OverdueEntries, Is.InRange(25_000, 80_000));
        Assert.That(statistics.LiveBytes, Is.InRange(120_000 * 105L, 180_000 * 107L));
    }

    private async Task<CacheHost> StartAsync(Action<PostgresSolidCacheHealthOptions>? configure = null, string? connectionString = null) =>
        await CacheHost.StartAsync(
            connectionString ?? _database.ConnectionString,
            configureServices: services => services.AddHealthChecks().AddPostgresSolidCache(configure: configure));

    private static async Task<HealthReportEntry> CheckAsync(CacheHost node) =>
        (await node.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Entries["solid_cache"];

    private async Task InsertAsync(string expiresAt, int count) => await _database.ExecuteAsync(
        $"""
        INSERT INTO solid_cache_entries (expires_at, key, value)
        SELECT {expiresAt}, md5(i::text || clock_timestamp()), decode(repeat('ab', 74), 'hex') FROM generate_series(1, {count}) AS i
        """);
}
