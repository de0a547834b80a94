using System.Data.Common;
using Npgsql;
using SolidCache.Postgres.Compression;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Transactions;

/// <summary>
/// Writes in a transaction of the application's, on its own connection: they take effect with the data or not at all. Whatever wraps the connection, as
/// profilers do, stays in between.
/// </summary>
internal sealed class TransactionalWrites(TransactionStatements statements, CacheIdentity identity, ValueCompression compression, TableName table)
{
    public ValueTask<bool> RemoveAsync(DbConnection connection, DbTransaction? transaction, IReadOnlyList<CacheKey> keys, bool async, CancellationToken cancellationToken) =>
        WriteAsync(connection, transaction, statements.Remove, Texts(keys), [], async, cancellationToken);

    public ValueTask<bool> RemoveTagsAsync(DbConnection connection, DbTransaction? transaction, IReadOnlyList<CacheKey> tags, bool async, CancellationToken cancellationToken) =>
        WriteAsync(connection, transaction, statements.RemoveTags, Texts(tags), [], async, cancellationToken);

    public ValueTask<bool> SetAsync(
        DbConnection connection, DbTransaction? transaction, CacheKey key, byte[] value, Expiration expiration, bool async, CancellationToken cancellationToken)
    {
        var (stored, isCompressed) = compression.Compress(value);
        return WriteAsync(
            connection,
            transaction,
            statements.Set,
            key.Stored,
            [stored, expiration.AbsoluteMicroseconds ?? 0, expiration.SlidingMicroseconds ?? 0, expiration.StaleMicroseconds, expiration.Tags ?? "", isCompressed],
            async,
            cancellationToken);
    }

    /// <summary>The connection that a transaction runs on.</summary>
    /// <exception cref="ArgumentException">It has ended.</exception>
    public static DbConnection ConnectionOf(DbTransaction transaction)
    {
        try
        {
            return transaction.Connection ?? throw Ended(null);
        }
        catch (InvalidOperationException error)
        {
            throw Ended(error);
        }
    }

    private static ArgumentException Ended(Exception? cause) =>
        new("The transaction has been committed or rolled back already. Remove what it changes before its commit.", cause);

    private static DbCommand CommandIn(DbConnection connection, DbTransaction? transaction)
    {
        var command = connection.CreateCommand();
        try
        {
            command.Transaction = transaction;
            return command;
        }
        catch (InvalidOperationException error)
        {
            command.Dispose();
            throw Ended(error);
        }
        catch (InvalidCastException error)
        {
            var name = command.GetType();
            command.Dispose();
            throw new ArgumentException(
                $"The transaction is a {transaction!.GetType()}, which commands of its connection, a {connection.GetType()}, do not take: they are of the type {name}. "
                + "What wraps a transaction has to wrap its connection's commands too, or use InTransactionOf() with the connection, which needs no transaction.",
                nameof(transaction),
                error);
        }
    }

    private static string[] Texts(IReadOnlyList<CacheKey> keys) => [.. keys.Select(static key => key.Stored)];

    /// <returns>True.</returns>
    private async ValueTask<bool> WriteAsync(
        DbConnection connection, DbTransaction? transaction, string sql, object what, object[] further, bool async, CancellationToken cancellationToken)
    {
        if (await ExecuteAsync(await identity.GetAsync(async, cancellationToken).ConfigureAwait(false)).ConfigureAwait(false)
            || await ExecuteAsync(await identity.GetAnewAsync(async, cancellationToken).ConfigureAwait(false)).ConfigureAwait(false))
        {
            return true;
        }

        throw new ArgumentException(
            $"The transaction is of another database than the cache {table}: one of the same name is there, and is another one. Nothing was written. Use a transaction of the cache's database.",
            nameof(transaction));

        async ValueTask<bool> ExecuteAsync(string self)
        {
            var command = CommandIn(connection, transaction);
            await using var disposal = command.ConfigureAwait(false);
            command.CommandText = sql;
            foreach (var value in (object[])[what, self, .. further])
            {
                command.Parameters.Add(Parameter(command, value));
            }

            try
            {
                return await ExecuteNonQueryAsync(command, async, cancellationToken).ConfigureAwait(false) > 0;
            }
            catch (PostgresException error) when (error.SqlState is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.UndefinedColumn or PostgresErrorCodes.InvalidSchemaName)
            {
                throw new ArgumentException(
                    $"The transaction is of another database than the cache {table}, or its tables are not those of this version: {error.MessageText}.", nameof(transaction), error);
            }
            catch (InvalidCastException error) when (what is string[])
            {
                throw new ArgumentException(
                    $"The transaction's connection sends no arrays: on its NpgsqlSlimDataSourceBuilder call EnableArrays(). Nothing was removed from the cache {table}.", nameof(transaction), error);
            }
        }
    }

    private static ValueTask<int> ExecuteNonQueryAsync(DbCommand command, bool async, CancellationToken cancellationToken) =>
        async ? new(command.ExecuteNonQueryAsync(cancellationToken)) : new(command.ExecuteNonQuery());

    private static DbParameter Parameter(DbCommand command, object value)
    {
        var parameter = command.CreateParameter();
        if (parameter is not NpgsqlParameter)
        {
            throw new ArgumentException(
                $"The transaction's connection makes parameters of the type {parameter.GetType()}. It has to be one of Npgsql, or one that wraps it.", nameof(command));
        }

        parameter.Value = value;
        return parameter;
    }
}
