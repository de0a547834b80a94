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
    NpgsqlDataSource dataSource, TableName table, PoolerDetector poolers, ServerClock clock, SessionCheck ensureSchema, Action schemaLost, TimeSpan limit, TimeProvider time)
{
    public TableName Table => table;

    public ServerClock Clock => clock;

    /// <summary>When a call that began at a timestamp has run out of time, by the server's clock.</summary>
    public long DeadlineOf(long began) => clock.At(began, limit);

    /// <summary>Whether a call that began at a timestamp has run out of time.</summary>
    public bool IsOver(long began) => time.GetElapsedTime(began) >= limit;

    /// <summary>Opens a session, does some work on it within the limit of an operation, and gives the connection back.</summary>
    /// <exception cref="SolidCacheException">The server refused for a reason that does not pass by itself.</exception>
    /// <exception cref="TimeoutException">The limit is over. Asynchronous work then ends behind its caller, as it does when he cancels it: it must not touch what is his.</exception>
    public ValueTask<TResult> RunAsync<TState, TResult>(
        TState state, Func<Session, TState, CancellationToken, ValueTask<TResult>> work, bool async, CancellationToken cancellationToken) =>
        async
            ? RunWithinAsync(limit, state, work, cancellationToken)
            // A thread that blocks anyway may as well block in Npgsql's own time-out.
            : new(RunAsync(new Session(dataSource.CreateConnection(), limit, patience: null, async: false), state, work, cancellationToken));

    /// <summary>The same with another limit.</summary>
    public async ValueTask<TResult> RunWithinAsync<TState, TResult>(
        TimeSpan longest, TState state, Func<Session, TState, CancellationToken, ValueTask<TResult>> work, CancellationToken cancellationToken)
    {
        var patience = new Patience(longest, time, cancellationToken);
        patience.Begin();
        var running = RunAsync(patience, new Session(dataSource.CreateConnection(), longest, patience: null, async: true), state, work);
        try
        {
            return await running.WaitAsync(longest, time, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (!running.IsCompleted)
        {
            _ = EndAsync(running);
            if (error is TimeoutException)
            {
                throw NoAnswer(error);
            }

            throw;
        }
    }

    /// <summary>The same for work that takes as long as it takes: each of its statements has the limit of an operation.</summary>
    public async ValueTask<TResult> RunStepsAsync<TState, TResult>(
        TState state, Func<Session, TState, CancellationToken, ValueTask<TResult>> work, CancellationToken cancellationToken)
    {
        var patience = new Patience(limit, time, cancellationToken);
        return await RunAsync(patience, new Session(dataSource.CreateConnection(), limit, patience, async: true), state, work).ConfigureAwait(false);
    }

    /// <summary>A session whose statements are ended by their tokens: lanes keep their own limit.</summary>
    public Session NewLaneSession() => new(dataSource.CreateConnection(), limit, patience: null, async: true);

    /// <summary>Closes what is idle: nobody knows which of those connections still lead anywhere. Those in use are closed when they are given back.</summary>
    public void ForgetIdle() => dataSource.Clear();

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
            // A time-out of Npgsql's own is that of a statement that is being prepared, whose limit is the data source's.
            OperationCanceledException or NpgsqlException { InnerException: TimeoutException } => NoAnswer(error),
            PostgresException when LateWrite.IsReportedBy(error) =>
                new TimeoutException($"The cache {table} was not written: the server came to it after the call's time was up ({nameof(PostgresSolidCacheOptions.OperationTimeout)}).", error),
            NpgsqlException lasting when ConfigurationErrors.Explain(lasting, table) is { } explanation => new SolidCacheException(explanation, lasting),
            _ => error,
        };
    }

    private async Task<TResult> RunAsync<TState, TResult>(
        Patience patience, Session session, TState state, Func<Session, TState, CancellationToken, ValueTask<TResult>> work)
    {
        using (patience)
        {
            try
            {
                return await RunAsync(session, state, work, patience.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException error) when (patience.IsOver)
            {
                throw NoAnswer(error);
            }
        }
    }

    private async Task<TResult> RunAsync<TState, TResult>(
        Session session, TState state, Func<Session, TState, CancellationToken, ValueTask<TResult>> work, CancellationToken cancellationToken)
    {
        try
        {
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

    /// <summary>What a write ends with that was tried until its time was up.</summary>
    public TimeoutException StillLocked(Exception error) =>
        new($"The cache {table} was not written: another client had the row of an entry locked until the call's time was up ({nameof(PostgresSolidCacheOptions.OperationTimeout)}).", error);

    private TimeoutException NoAnswer(Exception error) =>
        new($"The cache {table} had no answer from its server in time ({nameof(PostgresSolidCacheOptions.OperationTimeout)}).", error);

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
            await opening.WaitAsync(session.Async ? session.Limit : Timeout.InfiniteTimeSpan, cancellationToken).ConfigureAwait(false);
            outside?.Complete();
        }
        catch (Exception error)
        {
            _ = DisposeOnceOpenedAsync(session, opening);
            if (error is TimeoutException)
            {
                throw new TimeoutException(
                    $"The cache {table} got no connection to its server within {session.Limit.TotalSeconds} seconds ({nameof(PostgresSolidCacheOptions.OperationTimeout)}).", error);
            }

            throw;
        }
    }

    /// <summary>Nobody is left who wants to know how it ended.</summary>
    private static async Task EndAsync(Task work) => await work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private static async Task DisposeOnceOpenedAsync(Session session, Task opening)
    {
        await EndAsync(opening).ConfigureAwait(false);
        await session.DisposeAsync().ConfigureAwait(false);
    }
}
