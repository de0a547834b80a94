using SolidCache.Postgres.Sql;

namespace SolidCache.Postgres.Schema;

/// <summary>
/// Who holds up a migration, one text a row: a session, or a prepared transaction, which has none. Asked with no more rights than everybody has, and outside any transaction: in whatever
/// search_path the role has, so that nothing is called or compared but what fits exactly.
/// </summary>
internal static class SchemaHolders
{
    /// <summary>
    /// Who holds the lock of the migrations: everybody may, and nobody needs a right for it. It may be another node, or the script, which waits for somebody in its turn: he is named then.
    /// </summary>
    public static string OfLock(SqlNames names) =>
        $"""
        /* solid_cache:schema_lock */
        SELECT {Name("locks")} || coalesce(', which waits for '::text || (
          SELECT pg_catalog.string_agg(DISTINCT {Name("others")}, ' and '::text)
          FROM pg_catalog.pg_locks AS waits
          JOIN pg_catalog.pg_locks AS others
            ON others.granted
            AND others.locktype = waits.locktype
            AND (others.transactionid = waits.transactionid OR (others.database = waits.database AND others.relation = waits.relation))
          WHERE waits.pid = locks.pid
            AND NOT waits.granted
        ), ''::text)
        FROM pg_catalog.pg_locks AS locks
        WHERE locks.locktype = 'advisory'
          AND locks.granted
          AND locks.database IN (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
          AND ((locks.classid::bigint << 32) | locks.objid::bigint) = {SchemaScript.LockKey(names)}
          -- Of one number: a lock of two numbers that make the same is another.
          AND locks.objsubid = '1'::smallint
        """;

    /// <summary>
    /// Whose transactions may hold up what is made: of who holds a lock on one of the cache's tables, and of who has written something. First those that are seen to have to do with the
    /// schema or with a table that is not committed, since any number of others may write.
    /// </summary>
    public static string OfTables(SqlNames names) =>
        $"""
        /* solid_cache:schema_lock */
        SELECT {Name("holder")}
        FROM (
          SELECT
            locks.pid,
            locks.virtualtransaction,
            pg_catalog.max(locks.transactionid::text),
            pg_catalog.min(CASE
              WHEN locks.relation IN ({string.Join(", ", ((string[])[names.Entries, names.State, names.TagRemovals, names.Invalidations]).Select(static table => $"pg_catalog.to_regclass({SqlNames.Literal(table)})::oid"))}) THEN 0
              -- By which whoever makes something in it keeps it from being dropped.
              WHEN locks.classid = 'pg_catalog.pg_namespace'::regclass::oid AND locks.objid = pg_catalog.to_regnamespace({SqlNames.Literal(names.Schema)})::oid THEN 1
              WHEN locks.locktype = 'relation' AND (locks.mode = 'AccessExclusiveLock' OR NOT EXISTS (SELECT FROM pg_catalog.pg_class AS seen WHERE seen.oid = locks.relation)) THEN 2
              ELSE 3
            END)
          FROM pg_catalog.pg_locks AS locks
          WHERE locks.granted
          GROUP BY locks.pid, locks.virtualtransaction
        ) AS holder (pid, virtualtransaction, written, rank)
        WHERE (holder.written IS NOT NULL OR holder.rank = 0)
          AND holder.pid IS DISTINCT FROM pg_catalog.pg_backend_pid()
          AND pg_catalog.current_database() IN (
            SELECT activity.datname FROM pg_catalog.pg_stat_activity AS activity WHERE activity.pid = holder.pid
            UNION ALL
            SELECT prepared.database FROM pg_catalog.pg_prepared_xacts AS prepared WHERE holder.pid IS NULL AND prepared.transaction::text = holder.written
          )
        ORDER BY holder.rank, holder.pid
        LIMIT 5
        """;

    /// <summary>How somebody is called who has a row of <c>pg_locks</c>: a prepared transaction by what else it holds, the lock that stands for itself.</summary>
    private static string Name(string locks) =>
        $"""
        CASE WHEN {locks}.pid IS NULL THEN coalesce((
            SELECT 'the prepared transaction '::text || pg_catalog.quote_literal(prepared.gid) || ' (role '::text || prepared.owner::text || ', who ends it by ROLLBACK PREPARED or COMMIT PREPARED)'::text
            FROM pg_catalog.pg_locks AS own
            JOIN pg_catalog.pg_prepared_xacts AS prepared ON prepared.transaction = own.transactionid
            WHERE own.pid IS NULL AND own.virtualtransaction = {locks}.virtualtransaction
          ), 'a prepared transaction'::text)
          ELSE 'pid '::text || {locks}.pid::text || coalesce((
            SELECT ' (role '::text || coalesce(activity.usename::text, ''::text) || ', application_name '''::text || coalesce(activity.application_name, ''::text) || ''')'::text
            FROM pg_catalog.pg_stat_activity AS activity
            WHERE activity.pid = {locks}.pid
          ), ''::text) END
        """;
}
