using Npgsql;
using SolidCache.Postgres.Diagnostics;
using SolidCache.Postgres.Sql;

namespace SolidCache.Postgres.Schema;

/// <summary>
/// Runs the migrations that a database lacks, in one transaction under a lock, so that many nodes may start at once. It waits for the tables no longer than a
/// moment at a time, since everybody else waits behind whoever waits for a table.
/// </summary>
internal sealed class SchemaMigrator(SqlNames names, IReadOnlyList<Migration> migrations, bool unloggedTable, bool logsChanges, Log log)
{
    /// <summary>Between two tries, in which others get at the tables.</summary>
    public const string Pause = "/* solid_cache:schema_pause */ SELECT pg_catalog.pg_sleep(0.3::float8)";

    private static readonly TimeSpan LongestPatience = TimeSpan.FromMinutes(1);
    private const string TableWait = "100ms";

    /// <remarks>Of the role or the database: they are meant for an application's statements, and would undo each attempt.</remarks>
    private const string WithoutTimeouts =
        """
        /* solid_cache:schema_patience */
        SELECT pg_catalog.set_config(name, '0', true)
        FROM pg_catalog.pg_settings
        WHERE name IN ('statement_timeout', 'transaction_timeout', 'idle_in_transaction_session_timeout')
        """;

    /// <param name="session">Open.</param>
    /// <param name="find">Looks once more, under the lock: what others made meanwhile counts, and what is refused is refused.</param>
    /// <exception cref="SolidCacheException">The role may not create what is missing, or somebody holds the lock.</exception>
    public void Run(Session session, Func<Session, FoundSchema> find)
    {
        var began = TimeProvider.System.GetTimestamp();
        var hasLock = false;
        try
        {
            while (!TryRun(session, find, isLast: TimeProvider.System.GetElapsedTime(began) > Patience(session), out hasLock))
            {
                session.Execute(Pause);
            }
        }
        catch (PostgresException error) when (ServerErrors.IsLocked(error))
        {
            throw new SolidCacheException(Waited(session, hasLock), ErrorCopy.OfScript(error)) { IsTransient = true };
        }
        catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.RaiseException)
        {
            // The migrations' own look at what is there.
            throw new SolidCacheException(error.MessageText, ErrorCopy.OfScript(error)) { IsMismatch = true };
        }
        catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.DuplicateObject)
        {
            // Not asked in the condition above, which is looked at before the transaction is undone.
            if (TypeOfSomebody(session) is not { } type)
            {
                throw;
            }

            throw new SolidCacheException(
                $"{type}, stands where a table of the cache {names.Table} would have its own. Nothing was changed. Drop or rename the type, as its owner or a superuser, or give the cache another "
                + $"name ({nameof(PostgresSolidCacheOptions)}.{nameof(PostgresSolidCacheOptions.TableName)} or {nameof(PostgresSolidCacheOptions.SchemaName)}).",
                ErrorCopy.OfScript(error))
            {
                IsMismatch = true,
            };
        }
        catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw new SolidCacheException(
                $"The role may not create the schema of the cache {names.Table}: {error.MessageText}. Where nothing of it is there yet, the schema's owner may run: "
                + $"GRANT CREATE ON SCHEMA {names.Schema} TO <role>; {ConfigurationErrors.HowToUpgrade(names.Table)}",
                ErrorCopy.OfScript(error));
        }
    }

    /// <summary>Tables have a type of their name, which may be another one's.</summary>
    private string? TypeOfSomebody(Session session) => session.QueryFirst(
        static rows => $"The type {rows.Text(0)}, which belongs to the role {rows.Text(1)}",
        SchemaScript.TypesInTheWay(names));

    /// <returns>Whether it ran, and not into a table that somebody works with.</returns>
    private bool TryRun(Session session, Func<Session, FoundSchema> find, bool isLast, out bool hasLock)
    {
        var (hasTaken, hasRun) = (false, false);
        hasLock = false;
        try
        {
            session.InTransaction(() =>
            {
                session.Execute(WithoutTimeouts);
                TakeLock(session);
                hasTaken = true;
                hasRun = RunPending(session, find(session));
            });
            if (hasRun)
            {
                log.SchemaMigrated(names.Table, migrations[^1].Version);
            }

            return true;
        }
        catch (PostgresException error) when (ServerErrors.IsLocked(error) && hasTaken && !isLast)
        {
            return false;
        }
        finally
        {
            hasLock = hasTaken;
        }
    }

    /// <summary>
    /// Not for ever: any role may hold it, also one that has nothing to do with the cache. From then on names are looked up in pg_catalog alone, those of the
    /// migrations too.
    /// </summary>
    private void TakeLock(Session session)
    {
        LimitLockWaits(session, $"{(long)Patience(session).TotalMilliseconds}ms");
        session.Execute($"/* solid_cache:schema_take_lock */ {SchemaScript.Lock(names)}");
        LimitLockWaits(session, TableWait);
    }

    private static void LimitLockWaits(Session session, string limit) =>
        session.Execute(
            "/* solid_cache:schema_wait */ SELECT pg_catalog.set_config('lock_timeout', $1, true), pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true)",
            Parameter.Text(limit));

    /// <summary>Ends before the session's own limit does, which could not say whom it waited for.</summary>
    private static TimeSpan Patience(Session session) => session.Limit * 0.8 is var most && most < LongestPatience ? most : LongestPatience;

    /// <param name="session">Outside any transaction.</param>
    /// <param name="hadLock">Whether it was something else that somebody held: who has the lock by now is another node, which waits as this one did.</param>
    private string Waited(Session session, bool hadLock)
    {
        var holders = string.Join(" and ", session.Query(static rows => rows.Text(0), hadLock ? SchemaHolders.OfTables(names) : SchemaHolders.OfLock(names)));
        return $"The schema of the cache {names.Table} could not be looked after: another session held a lock that it needs for longer than {Patience(session).TotalSeconds:0.#} seconds. "
            + (hadLock ? "It is not the migration's advisory lock, but one of the cache's tables, or its name, in a transaction that lasts" : "It is the migration's advisory lock")
            + (holders.Length == 0
                ? ". It is tried again."
                : (hadLock ? $", of one of these: {holders}. If it does not end, end it" : $", held by {holders}. If that is no node that is migrating, end it, or whom it waits for")
                    + ": SELECT pg_terminate_backend(<pid>); it is tried again.");
    }

    /// <summary>All of them, since each may run again without harm, and a later one may need what an earlier one makes anew: the functions.</summary>
    /// <returns>Whether anything was to be done.</returns>
    private bool RunPending(Session session, FoundSchema found)
    {
        if (found.IsWhole && (found.LogsChanges || !logsChanges) && SchemaVersion.Of(found, session, names).Version >= migrations[^1].Version)
        {
            return false;
        }

        session.ExecuteScript(SchemaOwners.QuestionOfStrangers(names));
        foreach (var migration in migrations)
        {
            session.ExecuteScript(migration.For(names, unloggedTable));
        }

        session.ExecuteScript(CacheColumns.Add(names));
        session.ExecuteScript(SchemaOwners.Settle(names));
        if (logsChanges)
        {
            session.Execute($"/* solid_cache:schema_log_changes */ SELECT {names.Function("log_changes")}(true)");
        }

        return true;
    }
}
