using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection;
using SolidCache.Postgres.Benchmarks.Servers;
using SolidCache.Postgres.Benchmarks.Workloads;

namespace SolidCache.Postgres.Benchmarks.Contestants;

/// <summary>This library in a schema of its own. Without a host nothing sweeps while it is measured.</summary>
internal sealed class SolidCacheContestant(ContestantName name, PostgresServer server, Action<PostgresSolidCacheOptions> configure) : IContestant
{
    private readonly string _schema = $"benchmark_{name}";
    private ServiceProvider? _services;

    public ContestantName Name => name;

    public IDistributedCache Filler => _services!.GetRequiredService<IDistributedCache>();

    public IDistributedCache CacheFor(KeySpace keys) => Filler;

    public async Task CreateAsync()
    {
        await server.ExecuteAsync($"DROP SCHEMA IF EXISTS \"{_schema}\" CASCADE");
        await ReconnectAsync();
    }

    public async Task ReconnectAsync()
    {
        await DisposeAsync();
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddPostgresSolidCache(options =>
        {
            options.ConnectionString = PostgresServer.AddressFor(name.ToString());
            options.SchemaName = _schema;
            configure(options);
        });
        _services = services.BuildServiceProvider();
        await Filler.GetAsync("creates the schema, or finds it");
    }

    public Task ClearAsync() => server.ExecuteAsync($"TRUNCATE \"{_schema}\".solid_cache_entries");

    public async Task SettleAsync()
    {
        await server.ExecuteAsync($"VACUUM ANALYZE \"{_schema}\".solid_cache_entries");
        await server.ExecuteAsync("CHECKPOINT");
    }

    public Task<int> CountConnectionsAsync(TimeSpan within) => server.CountConnectionsAsync(name.ToString(), within);

    public ValueTask DisposeAsync() => _services?.DisposeAsync() ?? ValueTask.CompletedTask;
}
