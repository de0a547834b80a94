using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SolidCache.Postgres.IntegrationTests.Infrastructure;
using ZiggyCreatures.Caching.Fusion;
using ZiggyCreatures.Caching.Fusion.Serialization.SystemTextJson;

namespace SolidCache.Postgres.IntegrationTests.FusionCache;

/// <summary>Some nodes with FusionCache in memory, the table below it and the backplane between them, on one database.</summary>
public sealed class FusionNodes : IAsyncDisposable
{
    private readonly List<CacheHost> _hosts = [];
    private readonly List<IFusionCache> _caches = [];

    private FusionNodes(TestDatabase database) => Database = database;

    public TestDatabase Database { get; }

    public IReadOnlyList<IFusionCache> All => _caches;

    public IFusionCache this[int node] => _caches[node];

    private string Name => new NpgsqlConnectionStringBuilder(Database.ConnectionString).Database!;

    public static async Task<FusionNodes> StartAsync(
        int count = 3, Action<PostgresSolidCacheOptions>? configure = null, Action<IFusionCacheBuilder>? build = null)
    {
        var nodes = new FusionNodes(await TestDatabase.CreateAsync());
        for (var node = 0; node < count; node++)
        {
            nodes._caches.Add(await nodes.AddAsync(nodes.Database.ConnectionString, configure, build));
        }

        return nodes;
    }

    /// <summary>Another process, whose cache listens when this returns.</summary>
    public async Task<IFusionCache> AddAsync(
        string connectionString, Action<PostgresSolidCacheOptions>? configure = null, Action<IFusionCacheBuilder>? build = null, string name = FusionCacheOptions.DefaultCacheName)
    {
        var host = await CacheHost.StartAsync(connectionString, configure, services =>
        {
            var builder = services.AddFusionCache(name)
                .WithOptions(static options =>
                {
                    (options.WaitForInitialBackplaneSubscribe, options.AutoRecoveryDelay) = (true, TimeSpan.FromMilliseconds(200));
                })
                .WithDefaultEntryOptions(static options => options.Duration = TimeSpan.FromMinutes(10))
                .WithSerializer(new FusionCacheSystemTextJsonSerializer())
                .WithRegisteredDistributedCache()
                .WithPostgresSolidCacheBackplane();
            build?.Invoke(builder);
        });
        _hosts.Add(host);
        return host.Services.GetRequiredService<IFusionCacheProvider>().GetCache(name);
    }

    public IServiceProvider Services(int node) => _hosts[node].Services;

    /// <summary>Has every node remember a value that the first one made.</summary>
    public async Task RememberAsync(string key, string value, string? tag = null)
    {
        foreach (var cache in All)
        {
            Assert.That(await GetAsync(cache, key, value, tag), Is.EqualTo(value));
        }
    }

    public static async Task<string> GetAsync(IFusionCache cache, string key, string made, string? tag = null) =>
        await cache.GetOrSetAsync<string>(key, _ => Task.FromResult(made), tags: tag is null ? null : [tag]);

    /// <summary>Waits until a node serves a value.</summary>
    public static Task ServesAsync(IFusionCache cache, string key, string value) =>
        Eventually.TrueAsync(async () => await cache.GetOrDefaultAsync<string>(key) == value, $"{key} is {value}");

    /// <summary>As if the server were stopped, for the nodes of this database.</summary>
    public Task DatabaseGoesAsync() => PostgresServer.ExecuteAsync(
        PostgresServer.ConnectionString,
        $"ALTER DATABASE {Name} ALLOW_CONNECTIONS false; SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{Name}'");

    public Task DatabaseComesBackAsync() => PostgresServer.ExecuteAsync(PostgresServer.ConnectionString, $"ALTER DATABASE {Name} ALLOW_CONNECTIONS true");

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts)
        {
            await host.DisposeAsync();
        }

        _hosts.Clear();
        await Database.DisposeAsync();
    }
}
