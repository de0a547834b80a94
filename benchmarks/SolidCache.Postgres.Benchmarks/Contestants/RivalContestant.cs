using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using SolidCache.Postgres.Benchmarks.Servers;
using SolidCache.Postgres.Benchmarks.Workloads;

namespace SolidCache.Postgres.Benchmarks.Contestants;

/// <summary>Another library's cache on the same server, in a schema of its own, as its users register it.</summary>
/// <param name="name">Who it is.</param>
/// <param name="server">Where its table lies.</param>
/// <param name="add">Registers it, with a connection string and a schema.</param>
internal sealed class RivalContestant(ContestantName name, PostgresServer server, Action<IServiceCollection, string, string> add) : IContestant
{
    public const string Table = "entries";

    private readonly string _schema = $"benchmark_{name}".ToLowerInvariant();
    private IHost? _host;

    public ContestantName Name => name;

    public IDistributedCache Filler => _host!.Services.GetRequiredService<IDistributedCache>();

    public IDistributedCache CacheFor(KeySpace keys) => Filler;

    public async Task CreateAsync()
    {
        await server.ExecuteAsync($"DROP SCHEMA IF EXISTS {_schema} CASCADE");
        await server.ExecuteAsync($"CREATE SCHEMA {_schema}");
        await ReconnectAsync();
    }

    public async Task ReconnectAsync()
    {
        await DisposeAsync();
        var builder = Host.CreateEmptyApplicationBuilder(settings: null);
        add(builder.Services, PostgresServer.AddressFor(name.ToString()), _schema);
        _host = builder.Build();
        await Filler.GetAsync("creates the table, or finds it");
    }

    public Task ClearAsync() => server.ExecuteAsync($"TRUNCATE {_schema}.{Table}");

    public async Task SettleAsync()
    {
        await server.ExecuteAsync($"VACUUM ANALYZE {_schema}.{Table}");
        await server.ExecuteAsync("CHECKPOINT");
    }

    public Task<int> CountConnectionsAsync(TimeSpan within) => server.CountConnectionsAsync(name.ToString(), within);

    public ValueTask DisposeAsync()
    {
        _host?.Dispose();
        return ValueTask.CompletedTask;
    }
}
