using Microsoft.Extensions.Caching.Distributed;
using Npgsql;
using SolidCache.Postgres.Benchmarks.Servers;
using SolidCache.Postgres.Benchmarks.Workloads;

namespace SolidCache.Postgres.Benchmarks.Contestants;

/// <summary><see cref="PlainPostgresCache"/> with Npgsql's defaults: up to a hundred connections, no automatic preparation.</summary>
internal sealed class PlainNpgsqlContestant : IContestant
{
    private readonly PostgresServer _server;
    private readonly NpgsqlDataSource _source = NpgsqlDataSource.Create(PostgresServer.AddressFor(nameof(ContestantName.PlainNpgsql)));
    private readonly NpgsqlDataSource _fillSource;
    private readonly PlainPostgresCache _fixed;
    private readonly PlainPostgresCache _sliding;

    public PlainNpgsqlContestant(PostgresServer server)
    {
        _server = server;
        _fixed = new PlainPostgresCache(_source, readsSlide: false);
        _sliding = new PlainPostgresCache(_source, readsSlide: true);
        // Waiting for the disk at each of the rows to begin with would take longer than to measure.
        var relaxed = new NpgsqlConnectionStringBuilder(PostgresServer.AddressFor("filler")) { Options = "-c synchronous_commit=off", MaxPoolSize = 16 };
        _fillSource = NpgsqlDataSource.Create(relaxed);
        Filler = new PlainPostgresCache(_fillSource, readsSlide: false);
    }

    public ContestantName Name => ContestantName.PlainNpgsql;

    public IDistributedCache Filler { get; }

    public IDistributedCache CacheFor(KeySpace keys) => keys.Slides ? _sliding : _fixed;

    public Task CreateAsync() => _server.ExecuteAsync(PlainPostgresCache.Schema);

    public Task ReconnectAsync()
    {
        _source.Clear();
        return Task.CompletedTask;
    }

    public Task ClearAsync() => _server.ExecuteAsync("TRUNCATE plain_cache_entries");

    public async Task SettleAsync()
    {
        await _server.ExecuteAsync("VACUUM ANALYZE plain_cache_entries");
        await _server.ExecuteAsync("CHECKPOINT");
    }

    public Task<int> CountConnectionsAsync(TimeSpan within) =>
        _server.CountConnectionsAsync(nameof(ContestantName.PlainNpgsql), within);

    public async ValueTask DisposeAsync()
    {
        await _fillSource.DisposeAsync();
        await _source.DisposeAsync();
    }
}
