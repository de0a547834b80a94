using System.Diagnostics.CodeAnalysis;
using System.Transactions;
using Npgsql;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Sql;

/// <summary>
/// Rents connections for the cache: outside ambient transactions, aware of poolers, on a schema that is known to be there, and with
/// errors that say what to do.
/// </summary>
internal sealed class ConnectionSource(
    NpgsqlDataSource dataSource, TableName table, PoolerDetector poolers, ServerClock clock, SessionCheck ensureSchema, Action schemaLost, TimeSpan commandTimeout)
{
    private static readonly TimeSpan LongerThanALaneWaits = TimeSpan.FromMinutes(1);

    public TableName Table => table;

    public ServerClock Clock => clock;

    /// <summary>When a call that began at a timestamp has run out of time, by the server's clock.</summary>
    public long DeadlineOf(long began) => clock.At(began, commandTimeout);

    /// <summary>Opens a session, does some work on it, and gives the connection back.</summary>
    /// <exception cref="SolidCacheException">The server refused for a reason that does not pass by itself.</exception>
    public async ValueTask<TResult> RunAsync<TState, TResult>(
        TState state,
        Func<Session, TState, CancellationToken, ValueTask<TResult>> work,
        bool async,
        CancellationToken cancellationToken)
    {
        try
        {
            var session = NewSession(async);
            await OpenAsync(session, cancellationToken).ConfigureAwait(false);
            await using (session.ConfigureAwait(false))
            {
                return await session.RunAsync(state, work, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (NpgsqlException error) when (Explained(error) is var explained && explained != error)
        {
            throw explained;
        }
    }

    /// <summary>A session whose statements are ended by their tokens, by which lanes measure their own time. Npgsql's time-out would block a thread of the pool.</summary>
    public Session NewLaneSession() => new(dataSource.CreateConnection(), commandTimeout + LongerThanALaneWaits, async: true);

    /// <summary>Closes what is idle: nobody knows which of those connections still lead anywhere. Those in use are closed when they are given back.</summary>
    public void ForgetIdle() => dataSource.Clear();

    /// <summary>A session that is not open yet.</summary>
    public Session NewSession(bool async) => new(dataSource.CreateConnection(), commandTimeout, async);

    /// <summary>Opens a session, which is of no use any more when that fails. Errors are the server's own; see <see cref="Explained"/>.</summary>
    public async ValueTask OpenAsync(Session session, CancellationToken cancellationToken)
    {
        await OpenConnectionAsync(session, cancellationToken).ConfigureAwait(false);
        try
        {
            await CheckAsync(session, cancellationToken).ConfigureAwait(false);
            await ensureSchema(session, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await session.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Looks who answers, and what time it is there.</summary>
    public async ValueTask CheckAsync(Session session, CancellationToken cancellationToken) =>
        session.MayPrepare = await poolers.MayPrepareAsync(session, cancellationToken).ConfigureAwait(false);

    /// <summary>An error as callers see it: with what to do, if it does not pass by itself.</summary>
    public Exception Explained(Exception error)
    {
        if (error is PostgresException { SqlState: PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName })
        {
            schemaLost();
        }

        return error switch
        {
            OperationCanceledException =>
                new TimeoutException($"The cache {table} had no answer from its server in time ({nameof(PostgresSolidCacheOptions.OperationTimeout)}).", error),
            PostgresException when LateWrite.IsReportedBy(error) =>
                new TimeoutException($"The cache {table} was not written: the server came to it after the call's time was up ({nameof(PostgresSolidCacheOptions.OperationTimeout)}).", error),
            NpgsqlException lasting when ConfigurationErrors.Explain(lasting, table) is { } explanation => new SolidCacheException(explanation, lasting),
            _ => error,
        };
    }

    /// <summary>Suppresses an ambient transaction: a cache write that it captured would be lost when the application rolls back.</summary>
    [SuppressMessage("Reliability", "CA2025", Justification = "The connection is disposed when the attempt to open it has ended.")]
    private async ValueTask OpenConnectionAsync(Session session, CancellationToken cancellationToken)
    {
        using var outside = Transaction.Current is null
            ? null
            : new TransactionScope(TransactionScopeOption.Suppress, TransactionScopeAsyncFlowOption.Enabled);
        var opening = session.Connection.OpenAsync(session.Async, cancellationToken).AsTask();
        try
        {
            // Npgsql misses a cancellation now and then while a server accepts the connection and does not answer; and its own limit
            // is that of the application's data source.
            await opening.WaitAsync(session.Async ? commandTimeout : Timeout.InfiniteTimeSpan, cancellationToken).ConfigureAwait(false);
            outside?.Complete();
        }
        catch
        {
            _ = DisposeOnceOpenedAsync(session, opening);
            throw;
        }
    }

    private static async Task DisposeOnceOpenedAsync(Session session, Task opening)
    {
        await opening.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await session.DisposeAsync().ConfigureAwait(false);
    }
}
