using Npgsql;

namespace SolidCache.Postgres.FaultTests.Servers;

/// <summary>A transaction of another client, which holds what its statements have locked until it ends.</summary>
internal sealed class OtherTransaction : IAsyncDisposable
{
    private readonly NpgsqlConnection _connection;

    private OtherTransaction(NpgsqlConnection connection) => _connection = connection;

    public static async Task<OtherTransaction> StartAsync(Cluster cluster, params string[] statements)
    {
        var transaction = new OtherTransaction(await cluster.ConnectAsync());
        foreach (var statement in (string[])["BEGIN", .. statements])
        {
            await transaction.ExecuteAsync(statement);
        }

        return transaction;
    }

    /// <summary>Locks rows as an update would.</summary>
    /// <param name="cluster">The server.</param>
    /// <param name="keys">An SQL condition.</param>
    public static Task<OtherTransaction> LockRowsAsync(Cluster cluster, string keys) =>
        StartAsync(cluster, $"SELECT FROM solid_cache_entries WHERE {keys} ORDER BY key FOR UPDATE");

    /// <summary>Inserts an entry that nobody else can see.</summary>
    public static Task<OtherTransaction> InsertAsync(Cluster cluster, string key) =>
        StartAsync(cluster, $"INSERT INTO solid_cache_entries (expires_at, key, value) VALUES ('infinity', '{key}', 'other')");

    public Task RollBackAsync() => ExecuteAsync("ROLLBACK");

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private async Task ExecuteAsync(string statement)
    {
        await using var command = new NpgsqlCommand(statement, _connection);
        await command.ExecuteNonQueryAsync();
    }
}
