using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection;
using SolidCache.Postgres.FaultTests.Calls;
using SolidCache.Postgres.FaultTests.Servers;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.FaultTests.Promises;

/// <summary>A server for all tests of a fixture, each of which finds tables as they are on the first day, and nodes that end with the test.</summary>
public abstract class OneServer(params string[] settings)
{
    protected const string Tables = "solid_cache_entries, solid_cache_state";

    /// <summary>More than the pool of a node takes, so that a test can look at the server whatever a cache does.</summary>
    private const string ManyConnections = "max_connections=250";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private readonly List<CacheHost> _nodes = [];

    protected static TimeSpan Limit { get; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a call may take that nothing holds up, on a machine that others use: what is held up takes the limit.</summary>
    protected static TimeSpan AtOnce { get; } = TimeSpan.FromSeconds(1.6);

    /// <summary>What a machine of two cores that does other things besides adds to a limit.</summary>
    protected static TimeSpan Slack => Ended.Grace;

    protected static DistributedCacheEntryOptions Forever { get; } = new() { AbsoluteExpirationRelativeToNow = TimeSpan.FromDays(1) };

    private protected Cluster Server { get; private set; } = null!;

    [OneTimeSetUp]
    public async Task StartServerAsync() => Server = await Cluster.StartNewAsync([ManyConnections, .. settings]);

    [OneTimeTearDown]
    public ValueTask StopServerAsync() => Server.DisposeAsync();

    [SetUp]
    public Task NewTablesAsync() => Server.ExecuteAsync($"DROP TABLE IF EXISTS {Tables} CASCADE;" + PostgresSolidCacheSchema.GetScript());

    [TearDown]
    public async Task StopNodesAsync()
    {
        Server.Thaw();
        foreach (var node in _nodes)
        {
            // How a node ends that has lost its way is the question of other tests.
            await Ended.OfAsync(() => node.DisposeAsync().AsTask(), Patience);
        }

        _nodes.Clear();
        await Server.EndBackendsAsync();
    }

    /// <summary>A node whose calls have two seconds, unless the test gives them others.</summary>
    private protected async Task<CacheHost> StartNodeAsync(
        Action<PostgresSolidCacheOptions>? configure = null, string? connectionString = null, Action<IServiceCollection>? configureServices = null)
    {
        var node = await CacheHost.StartAsync(
            connectionString ?? Server.ConnectionString,
            options =>
            {
                options.OperationTimeout = Limit;
                configure?.Invoke(options);
            },
            configureServices);
        _nodes.Add(node);
        return node;
    }

    /// <summary>Stores entries without the help of a cache.</summary>
    private protected Task InsertAsync(string prefix, int count) => Server.ExecuteAsync(
        $"INSERT INTO solid_cache_entries (expires_at, key, value) SELECT 'infinity', '{prefix}' || number, 'old' FROM generate_series(0, {count - 1}) AS number");

    /// <summary>Entries whose next read touches them.</summary>
    private protected Task InsertDueAsync(int count) => Server.ExecuteAsync(
        $"""
        INSERT INTO solid_cache_entries (expires_at, sliding_expiration, key, value)
        SELECT now() + interval '10 minutes', 3600 * 1000000::bigint, 'due:' || number, 'old' FROM generate_series(0, {count - 1}) AS number
        """);

    private protected Task<long> CountAsync(string keys) => Server.ScalarAsync<long>($"SELECT count(*) FROM solid_cache_entries WHERE {keys}");

    /// <summary>Waits until the server executes nothing for a cache any more.</summary>
    private protected Task UntilQuietAsync() => Eventually.TrueAsync(
        () => Server.ScalarAsync<bool>("SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'SolidCache.Postgres' AND state <> 'idle')"),
        "the caches' backends have nothing to do");

    /// <summary>Whether a statement of a cache waits for a lock now.</summary>
    private protected Task<bool> SomebodyWaitsAsync() =>
        Server.ScalarAsync<bool>("SELECT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'SolidCache.Postgres' AND wait_event_type = 'Lock')");

    /// <summary>Ends the caches' connections. When the last is gone, all that they counted is in the server's statistics.</summary>
    protected async Task EndConnectionsAsync()
    {
        await Server.EndBackendsAsync();
        await Eventually.TrueAsync(async () => (await Server.BackendPidsAsync()).Length == 0, "the connections of the cache end");
    }

    private protected static string[] KeysOf(string prefix, int count) => [.. Enumerable.Range(0, count).Select(number => $"{prefix}{number}")];

    private protected static void AssertNoOutage(CacheHost node) =>
        Assert.That(
            node.Logs.GetSnapshot().Where(record => record.Id.Name == "breaker_opened").Select(record => $"{record.Message} {record.Exception?.Message}"),
            Is.Empty, "The server is well.");

    private protected static void AssertDoneAtOnce(IEnumerable<Ended> calls, string what) =>
        Assert.That(calls.Where(call => call.Error is not null || call.After > AtOnce).Take(5), Is.Empty, what);

    /// <summary>Each ended by its limit, done or out of time.</summary>
    private protected static void AssertWithinLimit(IEnumerable<Ended> calls) =>
        Assert.That(calls.Where(call => call.After > Limit + Ended.Grace).Take(5), Is.Empty, "No call takes longer than its limit.");
}
