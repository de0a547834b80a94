using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace SolidCache.Postgres.Benchmarks.Scenarios;

/// <summary>A cache on a fresh table, and a connection beside it to look at the server's counters.</summary>
internal sealed class Table : IAsyncDisposable
{
    private readonly ServiceProvider _services;

    private Table(ServiceProvider services, NpgsqlDataSource source) => (_services, Source) = (services, source);

    public NpgsqlDataSource Source { get; }

    public ISolidCache Cache => _services.GetRequiredService<ISolidCache>();

    public IServiceProvider Services => _services;

    public static async Task<Table> CreateAsync(string connectionString)
    {
        var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connectionString) { CommandTimeout = 0 }.ConnectionString);
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddPostgresSolidCache(options =>
        {
            options.ConnectionString = connectionString;
            options.OperationTimeout = TimeSpan.FromMinutes(1);
            options.SweepExpiredEntries = false;
        });
        services.AddHealthChecks().AddPostgresSolidCache();
        var table = new Table(services.BuildServiceProvider(), source);
        await table.ExecuteAsync("DROP TABLE IF EXISTS solid_cache_entries, solid_cache_state");
        await table.Cache.GetAsync("creates the schema");
        return table;
    }

    public async Task ExecuteAsync(string sql)
    {
        await using var command = Source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    public async Task<T> ScalarAsync<T>(string sql)
    {
        await using var command = Source.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>Fills the table on the server: keys k1 to kN, the given expression for the expiry of row <c>i</c>.</summary>
    public Task FillAsync(int rows, int valueBytes, string expiresAt) => ExecuteAsync(
        $"""
        INSERT INTO solid_cache_entries (expires_at, key, value)
        SELECT {expiresAt}, 'k' || i, decode(repeat(md5(i::text), {valueBytes / 16}), 'hex') FROM generate_series(1, {rows}) AS i
        """);

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        await Source.DisposeAsync();
    }
}
