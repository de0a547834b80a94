using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;
using SolidCache.Postgres.FaultTests.Calls;
using SolidCache.Postgres.FaultTests.Servers;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.FaultTests.Faults;

/// <summary>A host starts although its database does not serve; it says why, and serves as soon as the database does.</summary>
public sealed class StartUp
{
    private const int Callers = 32;
    private static readonly TimeSpan OperationTimeout = TimeSpan.FromSeconds(2);

    [Test]
    public async Task While_the_server_is_stopped()
    {
        await using var cluster = await Cluster.StartNewAsync();
        await cluster.StopFastAsync();

        await ServesOnceAsync(cluster.ConnectionString, "cannot be reached", cluster.StartAsync);
    }

    [Test]
    public async Task While_the_network_swallows_everything()
    {
        await using var cluster = await Cluster.StartNewAsync();
        await using var proxy = new TcpProxy(cluster.Port) { Traffic = Traffic.Swallowed };

        await ServesOnceAsync(Cluster.ConnectionStringOn(proxy.Port), "did not answer within 3 seconds", () =>
        {
            proxy.Traffic = Traffic.Normal;
            return Task.CompletedTask;
        });
    }

    [Test]
    public async Task While_the_server_is_starting_up()
    {
        await using var cluster = await Cluster.StartNewAsync();
        await cluster.StopFastAsync();
        await cluster.StartHeldUpAsync();

        await ServesOnceAsync(cluster.ConnectionString, "the database system is starting up", cluster.LetStartAsync);
    }

    [Test]
    public async Task On_a_standby_without_a_table_until_it_is_promoted()
    {
        await using var primary = await Cluster.StartNewAsync();
        await using var standby = await primary.StartStandbyAsync();

        await ServesOnceAsync(standby.ConnectionString, "read-only transaction", standby.PromoteAsync);
    }

    [Test]
    public async Task On_a_standby_which_is_read_and_written_to_once_it_is_promoted()
    {
        await using var primary = await Cluster.StartNewAsync();
        await primary.ExecuteAsync(PostgresSolidCacheSchema.GetScript() + "INSERT INTO solid_cache_entries (expires_at, key, value) VALUES ('infinity', 'key', 'x')");
        await using var standby = await primary.StartStandbyAsync();
        await using var node = await StartAsync(standby.ConnectionString, createSchema: true);

        Assert.That(await node.Cache.GetAsync("key"), Is.EqualTo("x"u8.ToArray()));
        Assert.That(ErrorKind.Of((await Assert.CatchAsync(() => node.Cache.SetAsync("key", [1], new())))!), Is.EqualTo(PostgresErrorCodes.ReadOnlySqlTransaction));

        await standby.PromoteAsync();
        await Eventually.TrueAsync(() => ServesAsync(node.Cache), "the promoted server is written to");
    }

    [Test]
    public async Task Without_a_table_until_somebody_runs_the_script()
    {
        await using var cluster = await Cluster.StartNewAsync();

        await ServesOnceAsync(
            cluster.ConnectionString,
            "run the script of PostgresSolidCacheSchema.GetScript(\"public\", \"solid_cache_entries\")",
            () => cluster.ExecuteAsync(PostgresSolidCacheSchema.GetScript()),
            createSchema: false);
    }

    private static async Task ServesOnceAsync(string connectionString, string description, Func<Task> repairAsync, bool createSchema = true)
    {
        var began = Stopwatch.GetTimestamp();
        await using var node = await StartAsync(connectionString, createSchema);
        var start = Stopwatch.GetElapsedTime(began);
        var errors = await Task.WhenAll(Enumerable.Range(0, Callers).Select(number => FailAsync(node.Cache, number)));
        var health = await CheckAsync(node);

        await repairAsync();
        began = Stopwatch.GetTimestamp();
        await Eventually.TrueAsync(() => ServesAsync(node.Cache), "it serves by itself");
        await TestContext.Out.WriteLineAsync(
            $"started in {start.TotalSeconds:0.0} s; calls failed with {string.Join(", ", errors.CountBy(ErrorKind.Of))}; served "
            + $"{Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s after the repair\n{errors[0].Message}\n{health.Description}");
        await Eventually.TrueAsync(async () => (await CheckAsync(node)).Status == HealthStatus.Healthy, "it is healthy");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(start, Is.LessThan(OperationTimeout + TimeSpan.FromSeconds(2)));
            Assert.That(errors, Is.All.InstanceOf<NpgsqlException>().Or.TypeOf<SolidCacheException>().Or.TypeOf<TimeoutException>());
            Assert.That(errors.OfType<TimeoutException>().Select(error => error.Message), Has.All.Contains("(OperationTimeout)"));
            Assert.That(health.Status, Is.EqualTo(HealthStatus.Unhealthy));
            Assert.That(health.Description, Does.Contain(description));
            Assert.That(
                node.Logs.GetSnapshot().Select(record => record.Message + record.Exception).Concat(errors.Select(error => error.ToString())).Append(health.Description),
                Has.None.Contains(DataFolder.Password));
        }
    }

    private static Task<CacheHost> StartAsync(string connectionString, bool createSchema) => CacheHost.StartAsync(
        connectionString,
        options => (options.CreateSchemaIfNotExists, options.OperationTimeout) = (createSchema, OperationTimeout),
        services => services.AddHealthChecks().AddPostgresSolidCache());

    private static async Task<Exception> FailAsync(ISolidCache cache, int number) =>
        (await Assert.CatchAsync(() => number % 2 == 0 ? cache.GetAsync("key") : cache.SetAsync("key", [1], new())))!;

    [SuppressMessage("Design", "CA1031", Justification = "Whatever it meets, it does not serve yet.")]
    private static async Task<bool> ServesAsync(ISolidCache cache)
    {
        try
        {
            await cache.SetAsync("key", [2], new());
            return await cache.GetAsync("key") is [2];
        }
        catch (Exception)
        {
            return false;
        }
    }

    private static async Task<HealthReportEntry> CheckAsync(CacheHost node) =>
        (await node.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Entries["solid_cache"];
}
