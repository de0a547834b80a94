using SolidCache.Postgres.FaultTests.Servers;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.FaultTests.Soak;

/// <summary>A server and three nodes that share it: one beside it, one at the other end of a network, one behind a pooler.</summary>
internal sealed class Site : IAsyncDisposable
{
    /// <summary>The start of keys whose sets survive a crash; sets of others may be lost.</summary>
    public const string DurablePrefix = "durable:";

    private Site(Cluster cluster, TcpProxy network, Pooler pooler, CacheHost[] nodes) =>
        (Cluster, Network, Pooler, Nodes) = (cluster, network, pooler, nodes);

    public Cluster Cluster { get; }

    public TcpProxy Network { get; }

    public Pooler Pooler { get; }

    public IReadOnlyList<CacheHost> Nodes { get; }

    /// <param name="alone">The number of the node whose entries do not travel together.</param>
    public static async Task<Site> StartNewAsync(int alone)
    {
        // Few enough connections that others can take them all.
        var cluster = await Cluster.StartNewAsync("max_connections=40");
        await CacheUser.CreateAsync(cluster);
        var network = new TcpProxy(cluster.Port);
        var pooler = await Pooler.StartNewAsync(cluster, PoolMode.Transaction);
        var nodes = await Task.WhenAll(
            StartNodeAsync(CacheUser.ConnectionStringOn(cluster.Port), coalescing: alone != 0),
            StartNodeAsync(CacheUser.ConnectionStringOn(network.Port), coalescing: alone != 1),
            StartNodeAsync(pooler.ConnectionString, coalescing: alone != 2));
        return new Site(cluster, network, pooler, nodes);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in Nodes)
        {
            await node.DisposeAsync();
        }

        await Pooler.DisposeAsync();
        await Network.DisposeAsync();
        await Cluster.DisposeAsync();
    }

    private static Task<CacheHost> StartNodeAsync(string connectionString, bool coalescing) => CacheHost.StartAsync(connectionString, options =>
    {
        options.CreateSchemaIfNotExists = false;
        options.Coalescing = coalescing;
        options.DurableKeyPrefixes.Add(DurablePrefix);
        // Touches are due soon after a set, and sweeps all the time.
        options.SlidingExpirationSlack = 0.01;
        options.SweepExpiredEntries = true;
        options.SweepInterval = TimeSpan.FromSeconds(1);
    });
}
