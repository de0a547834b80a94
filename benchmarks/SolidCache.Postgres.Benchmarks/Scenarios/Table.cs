using Microsoft.Extensions.DependencyInjection;
using SolidCache.Postgres.Benchmarks.Servers;

namespace SolidCache.Postgres.Benchmarks.Scenarios;

/// <summary>A cache on a fresh table, and a connection beside it to look at the server's counters.</summary>
internal sealed class Table : IAsyncDisposable
{
    public const string ApplicationName = "scenario";

    /// <summary>Values up to here stay in the row, where nothing compresses them.</summary>
    private const int LargestInlineValue = 1_900;
    private readonly List<ServiceProvider> _providers = [];

    private Table() => Services = AddProvider(_ => { });

    public PostgresServer Server { get; } = new();

    public IServiceProvider Services { get; }

    public ISolidCache Cache => Services.GetRequiredService<ISolidCache>();

    public static async Task<Table> CreateAsync()
    {
        var table = new Table();
        await table.ExecuteAsync("DROP TABLE IF EXISTS solid_cache_entries, solid_cache_state, solid_cache_tag_removals, solid_cache_invalidations");
        await table.Cache.GetAsync("creates the schema");
        return table;
    }

    /// <summary>Another cache on the same table, with other options.</summary>
    public ISolidCache CacheWith(Action<PostgresSolidCacheOptions> configure) => AddProvider(configure).GetRequiredService<ISolidCache>();

    public Task ExecuteAsync(string sql) => Server.ExecuteAsync(sql);

    public Task<T> ScalarAsync<T>(string sql) => Server.ScalarAsync<T>(sql);

    /// <summary>Fills the table on the server: keys k1 to kN, the given expression for the expiry of row <c>i</c>, the rows that are wanted.</summary>
    public Task FillAsync(int rows, int valueBytes, string expiresAt, string isWanted = "true")
    {
        var value = valueBytes <= LargestInlineValue
            ? $"decode(repeat(md5(i::text), {valueBytes / 16}), 'hex') || decode(repeat('00', {valueBytes % 16}), 'hex')"
            : $"(SELECT decode(string_agg(md5(i || ' ' || part), ''), 'hex') FROM generate_series(1, {valueBytes / 16}) AS part)";
        return ExecuteAsync(
            $"""
            INSERT INTO solid_cache_entries (expires_at, key, value)
            SELECT {expiresAt}, 'k' || i, {value}
            FROM generate_series(1, {rows}) AS i
            WHERE {isWanted}
            """);
    }

    public Task ClearAsync() => ExecuteAsync("TRUNCATE solid_cache_entries");

    /// <summary>Leaves the table as it is some time after it was filled.</summary>
    public async Task SettleAsync()
    {
        await ExecuteAsync("VACUUM ANALYZE solid_cache_entries");
        await ExecuteAsync("CHECKPOINT");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var provider in _providers)
        {
            await provider.DisposeAsync();
        }

        await Server.DisposeAsync();
    }

    private ServiceProvider AddProvider(Action<PostgresSolidCacheOptions> configure)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddPostgresSolidCache(options =>
        {
            options.ConnectionString = PostgresServer.AddressFor(ApplicationName);
            options.OperationTimeout = TimeSpan.FromMinutes(1);
            options.SweepExpiredEntries = false;
            configure(options);
        });
        services.AddHealthChecks().AddPostgresSolidCache();
        var provider = services.BuildServiceProvider();
        _providers.Add(provider);
        return provider;
    }
}
