using Npgsql;
using SolidCache.Postgres.Dispatch;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Sql;

/// <summary>
/// Rents connections for the cache, on threads of its own: aware of poolers, on a schema that is known to be there, and with errors that say what to do
/// and whose they are.
/// </summary>
internal sealed class ConnectionSource(
    NpgsqlDataSource dataSource, bool isOwned, TableName table, PoolerDetector poolers, ServerClock serverClock, SessionCheck ensureSchema, Action schemaLost, CallClock clock)
{
    public TableName Table => table;

    public ServerClock ServerClock => serverClock;

    /// <summary>A session that is not open yet.</summary>
    public Session NewSession() => new(dataSource.CreateConnection(), clock.Limit);

    /// <summary>Opens a session, which is of no use any more when that fails. Errors are the driver's own; see <see cref="Explained"/>.</summary>
    public void Open(Session session)
    {
        try
        {
            session.Connection.Open();
            Check(session);
            ensureSchema(session);
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>Looks who answers, and what time it is there.</summary>
    public void Check(Session session) => poolers.Look(session);

    /// <summary>Closes what is idle, since nobody knows which of those connections still lead anywhere; but only in a pool of the cache's own.</summary>
    public void ForgetIdle()
    {
        if (isOwned)
        {
            dataSource.Clear();
        }
    }

    /// <summary>
    /// An error as one caller sees it, an object of his own: with what to do, if it does not pass by itself, and marked as an outage, if it does.
    /// </summary>
    public Exception Explained(Exception error)
    {
        if (error is PostgresException { SqlState: PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName })
        {
            schemaLost();
        }

        return error switch
        {
            Outage outage => new Outage(ErrorCopy.Of(outage.Cause, table)),
            PostgresException when LateWrite.IsReportedBy(error) => new Outage(
                new TimeoutException($"The cache {table} was not written: the server came to it after the call's time was up ({nameof(PostgresSolidCacheOptions.OperationTimeout)}).", error)),
            NpgsqlException { InnerException: TimeoutException } => new Outage(clock.OutOfTime(error)),
            NpgsqlException lasting when ConfigurationErrors.Explain(lasting, table) is { } explanation => new SolidCacheException(explanation, lasting),
            _ when ServerErrors.IsOutage(error) => new Outage(ErrorCopy.Of(error, table)),
            _ => ErrorCopy.Of(error, table),
        };
    }
}
