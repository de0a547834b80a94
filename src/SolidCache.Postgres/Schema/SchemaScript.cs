using System.Text;
using SolidCache.Postgres.Sql;

namespace SolidCache.Postgres.Schema;

/// <summary>The migrations as one script for people who run their own.</summary>
internal static class SchemaScript
{
    private const string SearchPathAsBefore =
        """
        DO $solid_cache$
        BEGIN
          PERFORM pg_catalog.set_config('search_path', pg_catalog.current_setting('solid_cache.search_path'), true);
        END
        $solid_cache$;

        """;

    /// <summary>Held until the end of the transaction, by everybody who migrates a cache in the same schema, which the first creates for all.</summary>
    public static string Lock(SqlNames names) =>
        $"SELECT {LockCall(names)}";

    /// <summary>Who holds that lock: everybody may, and nobody needs a right for it.</summary>
    public static string LockHolders(SqlNames names) =>
        $"""
        /* solid_cache:schema_lock */
        SELECT locks.pid::bigint, coalesce(activity.usename::text, ''), coalesce(activity.application_name, '')
        FROM pg_catalog.pg_locks AS locks
        LEFT JOIN pg_catalog.pg_stat_activity AS activity ON activity.pid = locks.pid
        WHERE locks.locktype = 'advisory'
          AND locks.granted
          AND locks.database IN (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
          AND ((locks.classid::bigint << 32) | locks.objid::bigint) = {LockKey(names)}
        """;

    public static string Compose(SqlNames names, IReadOnlyList<Migration> migrations, bool unlogged, bool ownTransaction)
    {
        var script = new StringBuilder(
            $"""
            -- The schema of SolidCache.Postgres, version {migrations[^1].Version}. It may run again, and beside other nodes.
            {(ownTransaction ? "BEGIN;\n" : "")}-- No function or operator of another schema is a better fit than PostgreSQL's own. In blocks, since migration tools put the script into one, where a
            -- SELECT needs a place for its result.
            DO $solid_cache$
            BEGIN
              PERFORM pg_catalog.set_config('solid_cache.search_path', pg_catalog.current_setting('search_path'), true);
              PERFORM pg_catalog.set_config('solid_cache.lock_timeout', pg_catalog.current_setting('lock_timeout'), true);
              PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
              PERFORM pg_catalog.set_config('lock_timeout', '1min', true);
              PERFORM {LockCall(names)};
              PERFORM pg_catalog.set_config('lock_timeout', pg_catalog.current_setting('solid_cache.lock_timeout'), true);
            EXCEPTION WHEN lock_not_available THEN
              RAISE EXCEPTION 'The lock of the migration is held by %. If that is no node that is migrating, end it: SELECT pg_terminate_backend(<pid>).', (
                SELECT string_agg(format('pid %s (role %s, application_name ''%s'')', pid, role, application), ' and ')
                FROM (
                  {Indented(LockHolders(names), 6)}
                ) AS holders (pid, role, application)
              );
            END
            $solid_cache$;

            {SchemaOwners.RefuseStrangers(names)}

            DO $solid_cache$
            DECLARE
              found integer;
              stranger text;
            BEGIN
              -- Never touch what the library did not make.
              IF to_regclass({SqlNames.Literal(names.Entries)}) IS NOT NULL AND (
                SELECT count(*)
                FROM pg_catalog.pg_attribute
                WHERE attrelid = to_regclass({SqlNames.Literal(names.Entries)})
                  AND attnum > 0
                  AND NOT attisdropped
                  AND attname || ' ' || replace(pg_catalog.format_type(atttypid, atttypmod), '"', '') IN ({Columns()})
              ) < {SchemaRefusal.EntriesColumns.Length} THEN
                RAISE EXCEPTION 'The table % is not one of SolidCache.Postgres. Choose another name for the cache.', {SqlNames.Literal(names.Entries)};
              END IF;
              IF to_regclass({SqlNames.Literal(names.TagRemovals)}) IS NOT NULL AND NOT EXISTS (
                SELECT
                FROM pg_catalog.pg_attribute
                WHERE attrelid = to_regclass({SqlNames.Literal(names.TagRemovals)})
                  AND attname = 'removed_by'
                  AND replace(pg_catalog.format_type(atttypid, atttypmod), '"', '') = 'xid8'
              ) THEN
                RAISE EXCEPTION 'The table % is not one of SolidCache.Postgres. Choose another name for the cache.', {SqlNames.Literal(names.TagRemovals)};
              END IF;
              IF to_regclass({SqlNames.Literal(names.Invalidations)}) IS NOT NULL AND NOT EXISTS (
                SELECT
                FROM pg_catalog.pg_attribute
                WHERE attrelid = to_regclass({SqlNames.Literal(names.Invalidations)})
                  AND attname = 'pruned_to'
                  AND replace(pg_catalog.format_type(atttypid, atttypmod), '"', '') = 'xid8'
              ) THEN
                RAISE EXCEPTION 'The table % is not one of SolidCache.Postgres. Choose another name for the cache.', {SqlNames.Literal(names.Invalidations)};
              END IF;
              SELECT proname INTO stranger
              FROM pg_catalog.pg_proc
              WHERE pronamespace = to_regnamespace({SqlNames.Literal(names.Schema)})
                AND proname IN ({string.Join(", ", CacheRoutines.Of(names.Table).Select(static routine => SqlNames.Literal(routine.Name)))})
                AND NOT {SchemaInspection.Holds("prosrc", names.Entries[names.Schema.Length..])}
              LIMIT 1;
              IF stranger IS NOT NULL THEN
                RAISE EXCEPTION 'A function % is there that is not one of SolidCache.Postgres. Choose another name for the cache.', stranger;
              END IF;
              IF to_regclass({SqlNames.Literal(names.State)}) IS NOT NULL THEN
                SELECT schema_version INTO found FROM {names.State};
                IF found > {migrations[^1].Version} THEN
                  RAISE EXCEPTION 'The schema has version % already; this script leads to version {migrations[^1].Version}.', found;
                END IF;
              END IF;
            END
            $solid_cache$;


            """);
        foreach (var migration in migrations)
        {
            script.Append(migration.For(names, unlogged)).Append('\n');
        }

        script.Append(SchemaOwners.Settle(names)).Append('\n');
        return script.Append(ownTransaction ? $"COMMIT;\n\n{TagIndex.ReminderOf(names)}\n" : SearchPathAsBefore).ToString();
    }

    /// <summary>Routines by the mark that the script looks for, since only what the library made is dropped; with the triggers that call them.</summary>
    public static string Drop(SqlNames names) =>
        $"""
        DO $solid_cache$
        DECLARE
          routine regprocedure;
        BEGIN
          FOR routine IN
            SELECT oid
            FROM pg_catalog.pg_proc
            WHERE pronamespace = pg_catalog.to_regnamespace({SqlNames.Literal(names.Schema)})
              AND (proname IN ({SqlNames.Literal(names.Table.CleanupFunction)}, {SqlNames.Literal(names.Table.SweepProcedure)}) OR pg_catalog.starts_with(proname, {SqlNames.Literal(names.Table.RoutinePrefix)}))
              AND pg_catalog.strpos(prosrc, {SqlNames.Literal(names.Entries[names.Schema.Length..])}) > 0
          LOOP
            EXECUTE pg_catalog.format('DROP ROUTINE %s CASCADE', routine);
          END LOOP;
        END
        $solid_cache$;
        DROP DOMAIN IF EXISTS {names.CountType};
        DROP TABLE IF EXISTS {names.Entries};
        DROP TABLE IF EXISTS {names.TagRemovals};
        DROP TABLE IF EXISTS {names.Invalidations};
        DROP TABLE IF EXISTS {names.State};

        """;

    private static string Indented(string sql, int columns) => sql.Replace("\n", "\n" + new string(' ', columns), StringComparison.Ordinal);

    private static string LockCall(SqlNames names) => $"pg_catalog.pg_advisory_xact_lock({LockKey(names)})";

    private static string LockKey(SqlNames names) => $"pg_catalog.hashtextextended({SqlNames.Literal("solid_cache:" + names.Schema)}, 0)";

    private static string Columns() =>
        string.Join(", ", SchemaRefusal.EntriesColumns.Select(static column => SqlNames.Literal(column.Replace(" COLLATE \"C\"", "", StringComparison.Ordinal))));
}
