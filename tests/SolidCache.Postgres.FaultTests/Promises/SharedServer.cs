using Microsoft.Extensions.Caching.Distributed;
using Npgsql;
using SolidCache.Postgres.FaultTests.Servers;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.FaultTests.Promises;

/// <summary>A server that all tests of a fixture share, which finds each of them with tables as they are on the first day.</summary>
public abstract class SharedServer(params string[] settings)
{
    protected const string Tables = "solid_cache_entries, solid_cache_state";

    /// <summary>What a machine of two cores that does other things besides adds to a limit.</summary>
    protected static readonly TimeSpan Slack = TimeSpan.FromSeconds(1);

    protected static readonly DistributedCacheEntryOptions Forever = new() { AbsoluteExpirationRelativeToNow = TimeSpan.FromDays(1) };

    /// <summary>Calls that travel alone may open a hundred, and the tests ask the server something meanwhile.</summary>
    private const string ManyConnections = "max_connections=250";

    private protected Cluster Server { get; private set; } = null!;

    [OneTimeSetUp]
    public async Task StartServerAsync() => Server = await Cluster.StartNewAsync([ManyConnections, .. settings]);

    [OneTimeTearDown]
    public async Task StopServerAsync() => await Server.DisposeAsync();

    [SetUp]
    public Task EmptyAsync() => Server.ExecuteAsync($"DROP TABLE IF EXISTS {Tables} CASCADE;" + PostgresSolidCacheSchema.GetScript());

    /// <summary>A node whose calls have two seconds, unless the test gives them others.</summary>
    private protected Task<CacheHost> StartNodeAsync(Action<PostgresSolidCacheOptions>? configure = null, string? connectionString = null) =>
        CacheHost.StartAsync(connectionString ?? Server.ConnectionString, options =>
        {
            options.OperationTimeout = TimeSpan.FromSeconds(2);
            configure?.Invoke(options);
        });

    /// <summary>Holds what a statement locks, as the transaction of another client would, until it is disposed.</summary>
    protected async Task<NpgsqlConnection> LockedAsync(string statement)
    {
        var other = await Server.ConnectAsync();
        await using var command = new NpgsqlCommand($"BEGIN; {statement}", other);
        await command.ExecuteNonQueryAsync();
        return other;
    }

    protected static string LockOf(string key) => $"SELECT FROM solid_cache_entries WHERE key = '{key}' FOR UPDATE";

    /// <summary>Ends the caches' connections. When the last is gone, all that they counted is in the server's statistics.</summary>
    protected async Task EndConnectionsAsync()
    {
        await Server.EndBackendsAsync();
        await Eventually.TrueAsync(async () => (await Server.BackendPidsAsync()).Length == 0, "the connections of the cache end");
    }
}
