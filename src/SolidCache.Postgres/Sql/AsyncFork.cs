using System.Data;
using Npgsql;

namespace SolidCache.Postgres.Sql;

/// <summary>Npgsql's calls with one body for both worlds: awaited when <c>async</c>, else blocking, and complete on return.</summary>
internal static class AsyncFork
{
    public static async ValueTask OpenAsync(this NpgsqlConnection connection, bool async, CancellationToken cancellationToken)
    {
        if (async)
        {
            await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
        }
        else
        {
            connection.Open();
        }
    }

    public static async ValueTask PrepareAsync(this NpgsqlCommand command, bool async, CancellationToken cancellationToken)
    {
        if (async)
        {
            await command.PrepareAsync(cancellationToken).ConfigureAwait(false);
        }
        else
        {
            command.Prepare();
        }
    }

    public static async ValueTask<int> ExecuteNonQueryAsync(this NpgsqlCommand command, bool async, CancellationToken cancellationToken) =>
        async ? await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false) : command.ExecuteNonQuery();

    public static async ValueTask<NpgsqlDataReader> ExecuteReaderAsync(
        this NpgsqlCommand command, CommandBehavior behavior, bool async, CancellationToken cancellationToken) =>
        async ? await command.ExecuteReaderAsync(behavior, cancellationToken).ConfigureAwait(false) : command.ExecuteReader(behavior);

    public static async ValueTask<bool> ReadAsync(this NpgsqlDataReader reader, bool async, CancellationToken cancellationToken) =>
        async ? await reader.ReadAsync(cancellationToken).ConfigureAwait(false) : reader.Read();

    public static async ValueTask<Stream> GetStreamAsync(
        this NpgsqlDataReader reader, int column, bool async, CancellationToken cancellationToken) =>
        async ? await reader.GetStreamAsync(column, cancellationToken).ConfigureAwait(false) : reader.GetStream(column);

    public static async ValueTask<NpgsqlTransaction> BeginTransactionAsync(
        this NpgsqlConnection connection, IsolationLevel isolation, bool async, CancellationToken cancellationToken) =>
        async
            ? await connection.BeginTransactionAsync(isolation, cancellationToken).ConfigureAwait(false)
            : connection.BeginTransaction(isolation);

    public static async ValueTask CommitAsync(this NpgsqlTransaction transaction, bool async, CancellationToken cancellationToken)
    {
        if (async)
        {
            await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        }
        else
        {
            transaction.Commit();
        }
    }

    public static async ValueTask DisposeAsync<T>(this T resource, bool async)
        where T : IAsyncDisposable, IDisposable
    {
        if (async)
        {
            await resource.DisposeAsync().ConfigureAwait(false);
        }
        else
        {
            resource.Dispose();
        }
    }
}
