using System.Globalization;
using Npgsql;

namespace SolidCache.Postgres.Benchmarks.Servers;

/// <summary>A connection beside the contestants', to look at the server and to tell it what no cache asks of it.</summary>
internal sealed class PostgresServer : IAsyncDisposable
{
    private const int NeededConnections = 300;
    private readonly NpgsqlDataSource _source;

    public PostgresServer()
    {
        // Filling and vacuuming large tables takes its time.
        var settings = new NpgsqlConnectionStringBuilder(ServerAddresses.Postgres) { CommandTimeout = 0, ApplicationName = "benchmark" };
        _source = NpgsqlDataSource.Create(settings);
    }

    public static string AddressFor(string applicationName) =>
        new NpgsqlConnectionStringBuilder(ServerAddresses.Postgres) { ApplicationName = applicationName }.ConnectionString;

    public async Task ExecuteAsync(string sql)
    {
        await using var command = _source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    public async Task<T> ScalarAsync<T>(string sql)
    {
        await using var command = _source.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    public async Task<int> CountConnectionsAsync(string applicationName, TimeSpan within)
    {
        const string Count =
            """
            SELECT count(*)::int
            FROM pg_stat_activity
            WHERE application_name = $1
              AND state_change > clock_timestamp() - $2
            """;
        await using var command = _source.CreateCommand(Count);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = applicationName });
        command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = within });
        return (int)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>Two contestants open a hundred connections each, and keep them.</summary>
    public async Task RequireConnectionsAsync()
    {
        var limit = int.Parse(await ScalarAsync<string>("SHOW max_connections"), CultureInfo.InvariantCulture);
        if (limit < NeededConnections)
        {
            throw new InvalidOperationException($"The server's max_connections is {limit}, and the contestants need {NeededConnections}.");
        }
    }

    public ValueTask<NpgsqlConnection> OpenConnectionAsync() => _source.OpenConnectionAsync();

    public ValueTask DisposeAsync() => _source.DisposeAsync();
}
