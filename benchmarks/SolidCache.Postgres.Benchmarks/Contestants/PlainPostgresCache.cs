using Microsoft.Extensions.Caching.Distributed;
using Npgsql;
using NpgsqlTypes;

namespace SolidCache.Postgres.Benchmarks.Contestants;

/// <summary>
/// A cache on a table as one writes it in an afternoon: a pooled connection and a statement for each call. Nothing is prepared, since
/// Npgsql prepares nothing unless it is told to.
/// </summary>
/// <param name="source">The data source.</param>
/// <param name="readsSlide">Whether its entries slide, which makes each read a write.</param>
internal sealed class PlainPostgresCache(NpgsqlDataSource source, bool readsSlide) : IDistributedCache
{
    public const string Schema =
        """
        DROP TABLE IF EXISTS plain_cache_entries;
        CREATE TABLE plain_cache_entries (
          key                 text PRIMARY KEY,
          value               bytea NOT NULL,
          expires_at          timestamptz NOT NULL,
          sliding_expiration  interval,
          absolute_expiration timestamptz
        );
        CREATE INDEX ON plain_cache_entries (expires_at);
        """;

    private const string Read =
        """
        SELECT value
        FROM plain_cache_entries
        WHERE key = $1
          AND expires_at > now()
        """;

    private const string Touch =
        """
        UPDATE plain_cache_entries
        SET expires_at = least(now() + sliding_expiration, absolute_expiration)
        WHERE key = $1
          AND expires_at > now()
        """;

    private const string TouchAndRead = Touch + "\nRETURNING value";

    private const string Write =
        """
        INSERT INTO plain_cache_entries (key, value, expires_at, sliding_expiration, absolute_expiration)
        VALUES ($1, $2, least(now() + $3, $4), $3, $4)
        ON CONFLICT (key) DO UPDATE SET
          value = excluded.value,
          expires_at = excluded.expires_at,
          sliding_expiration = excluded.sliding_expiration,
          absolute_expiration = excluded.absolute_expiration
        """;

    private const string Delete = "DELETE FROM plain_cache_entries WHERE key = $1";

    public async Task<byte[]?> GetAsync(string key, CancellationToken token = default)
    {
        await using var connection = await source.OpenConnectionAsync(token);
        await using var command = Command(connection, readsSlide ? TouchAndRead : Read, key);
        await using var reader = await command.ExecuteReaderAsync(token);
        return await reader.ReadAsync(token) ? await reader.GetFieldValueAsync<byte[]>(0, token) : null;
    }

    public async Task SetAsync(string key, byte[] value, DistributedCacheEntryOptions options, CancellationToken token = default)
    {
        await using var connection = await source.OpenConnectionAsync(token);
        await using var command = WriteCommand(connection, key, value, options);
        await command.ExecuteNonQueryAsync(token);
    }

    public Task RefreshAsync(string key, CancellationToken token = default) => ExecuteAsync(Touch, key, token);

    public Task RemoveAsync(string key, CancellationToken token = default) => ExecuteAsync(Delete, key, token);

    public byte[]? Get(string key)
    {
        using var connection = source.OpenConnection();
        using var command = Command(connection, readsSlide ? TouchAndRead : Read, key);
        using var reader = command.ExecuteReader();
        return reader.Read() ? reader.GetFieldValue<byte[]>(0) : null;
    }

    public void Set(string key, byte[] value, DistributedCacheEntryOptions options)
    {
        using var connection = source.OpenConnection();
        using var command = WriteCommand(connection, key, value, options);
        command.ExecuteNonQuery();
    }

    public void Refresh(string key) => throw new NotSupportedException("Nothing measures it.");

    public void Remove(string key) => throw new NotSupportedException("Nothing measures it.");

    private static NpgsqlCommand Command(NpgsqlConnection connection, string sql, string key) => new(sql, connection)
    {
        Parameters = { new NpgsqlParameter<string> { TypedValue = key } },
    };

    private static NpgsqlCommand WriteCommand(NpgsqlConnection connection, string key, byte[] value, DistributedCacheEntryOptions options)
    {
        var command = Command(connection, Write, key);
        var absolute = options.AbsoluteExpirationRelativeToNow is { } relative ? DateTime.UtcNow + relative : options.AbsoluteExpiration?.UtcDateTime;
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = value });
        command.Parameters.Add(new NpgsqlParameter<TimeSpan?> { NpgsqlDbType = NpgsqlDbType.Interval, TypedValue = options.SlidingExpiration });
        command.Parameters.Add(new NpgsqlParameter<DateTime?> { NpgsqlDbType = NpgsqlDbType.TimestampTz, TypedValue = absolute });
        return command;
    }

    private async Task ExecuteAsync(string sql, string key, CancellationToken token)
    {
        await using var connection = await source.OpenConnectionAsync(token);
        await using var command = Command(connection, sql, key);
        await command.ExecuteNonQueryAsync(token);
    }
}
