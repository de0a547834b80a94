using System.Data;
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
    /// <remarks>
    /// A role's or a database's setting counts when a session begins, and a reset leaves it as it was then: what was opened while writes were forbidden stays so
    /// when they are allowed again. A standby's sessions do not, nor those of a server whose file of settings was changed.
    /// </remarks>
    public const string IsReadOnlyFromItsBeginning =
        """
        /* solid_cache:read_only */
        SELECT EXISTS (
          SELECT
          FROM pg_catalog.pg_settings
          WHERE name = 'default_transaction_read_only' AND setting = 'on' AND source IN ('global', 'database', 'user', 'database user'))
        """;

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
        catch (Exception error)
        {
            if (session.Connection.FullState != ConnectionState.Closed)
            {
                IsOfUseAfter(session, error);
            }

            session.Dispose();
            throw;
        }
    }

    /// <summary>Looks who answers, what time it is there, and whether texts arrive as they are.</summary>
    public void Check(Session session)
    {
        DriverCheck.RefuseOtherEncoding(session, table);
        poolers.Look(session);
    }

    /// <summary>Closes what is idle, since nobody knows which of those connections still lead anywhere; but only in a pool of the cache's own.</summary>
    public void ForgetIdle()
    {
        if (isOwned)
        {
            dataSource.Clear();
        }
    }

    /// <summary>
    /// Sees to it that no pool keeps a connection that is of no use after an error. There is no other way to close a single one than to empty the pool, also
    /// that of an application, which would hand it out again and again.
    /// </summary>
    /// <returns>Whether it may be used on.</returns>
    public bool IsOfUseAfter(Session session, Exception error)
    {
        if (error is PostgresException && session.IsUnbroken)
        {
            return !ServerErrors.IsReadOnly(error) || !ForgetIfReadOnly(session);
        }

        if (error is not (NpgsqlException or SolidCacheException or Outage))
        {
            // What others throw within the driver, a listener of its activities or its meter, leaves half a statement behind: the next would get another's answer.
            dataSource.Clear();
        }

        if (error is NpgsqlException { InnerException: IOException } or PostgresException { SqlState: PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown })
        {
            // One that broke is seldom alone: a write that the next met would be of unknown outcome too.
            ForgetIdle();
        }

        return false;
    }

    /// <summary>The same for a session that may not write.</summary>
    /// <returns>Whether that is so for as long as it is there.</returns>
    public bool ForgetIfReadOnly(Session session)
    {
        try
        {
            var stays = session.QueryOne(static rows => rows.Bool(0), IsReadOnlyFromItsBeginning);
            if (stays)
            {
                dataSource.Clear();
            }

            return stays;
        }
        catch (NpgsqlException)
        {
            // It broke meanwhile, and no pool keeps it.
            return true;
        }
    }

    /// <summary>
    /// An error as one caller sees it, an object of his own: with what to do, if it does not pass by itself, and marked as an outage, if it does.
    /// </summary>
    public Exception Explained(Exception error)
    {
        if (ServerErrors.IsOfSchema(error) || ServerErrors.IsOfShape(error))
        {
            schemaLost();
        }

        if (error is PostgresException)
        {
            // What is told of it, and what it is the cause of, repeats the server's words.
            error = ErrorCopy.Of(error, table);
        }

        return error switch
        {
            Outage outage => new Outage(ErrorCopy.Of(outage.Cause, table)),
            PostgresException when LateWrite.IsReportedBy(error) => new Outage(
                new TimeoutException($"The cache {table} was not written: the server came to it after the call's time was up ({nameof(PostgresSolidCacheOptions.OperationTimeout)}).", error)),
            _ when ServerErrors.IsPoolExhausted(error) => new Outage(ConfigurationErrors.PoolExhausted(error, dataSource.ConnectionString, table)),
            NpgsqlException { InnerException: TimeoutException } => new Outage(clock.OutOfTime(error)),
            _ when ConfigurationErrors.Explain(error, table) is { } explanation => new SolidCacheException(explanation, error),
            _ when ServerErrors.IsOfNames(error) => new Outage(ConfigurationErrors.UnknownHost(error, dataSource.ConnectionString, table)),
            _ when ServerErrors.IsOutage(error) => new Outage(ErrorCopy.Of(error, table, ConfigurationErrors.Advice(error))),
            _ => ErrorCopy.Of(error, table, ConfigurationErrors.Advice(error)),
        };
    }
}
