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

    public static string LockKey(SqlNames names) => $"pg_catalog.hashtextextended({SqlNames.Literal("solid_cache:" + names.Schema)}, 0)";

    /// <summary>Types under the names of the tables that are no tables' own.</summary>
    public static string TypesInTheWay(SqlNames names) =>
        $"""
        /* solid_cache:schema_types */
        SELECT type.typname::text, pg_catalog.pg_get_userbyid(type.typowner)::text
        FROM pg_catalog.pg_type AS type
        JOIN pg_catalog.pg_namespace AS home ON home.oid = type.typnamespace
        WHERE home.nspname = {SqlNames.Literal(names.Table.Schema)}
          AND type.typrelid::text = '0'::text
          AND type.typname IN ({SqlNames.Literal(names.Table.Table)}, {SqlNames.Literal(names.Table.State)}, {SqlNames.Literal(names.Table.TagRemovals)}, {SqlNames.Literal(names.Table.Invalidations)})
        """;

    public static string Compose(SqlNames names, IReadOnlyList<Migration> migrations, bool unlogged, bool ownTransaction)
    {
        var script = new StringBuilder(
            $"""
            -- The schema of SolidCache.Postgres, version {migrations[^1].Version}. It may run again, and beside other nodes.
            {(ownTransaction ? "BEGIN ISOLATION LEVEL READ COMMITTED;\n" : "")}-- No function or operator of another schema is a better fit than PostgreSQL's own. In blocks, since migration tools put the script into one, where a
            -- SELECT needs a place for its result.
            DO $solid_cache$
            BEGIN
              PERFORM pg_catalog.set_config('solid_cache.search_path', pg_catalog.current_setting('search_path'), true);
              PERFORM pg_catalog.set_config('solid_cache.lock_timeout', pg_catalog.current_setting('lock_timeout'), true);
              PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
              IF pg_catalog.current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
                RAISE EXCEPTION 'What others make while this waits would not be seen in a transaction at %.', pg_catalog.current_setting('transaction_isolation')
                  USING HINT = 'Run it at read committed.';
              END IF;
            END
            $solid_cache$;

            -- In a block of its own: what is set in one that catches an error is undone with it.
            DO $solid_cache$
            BEGIN
              PERFORM pg_catalog.set_config('lock_timeout', '1min', true);
              PERFORM {LockCall(names)};
              PERFORM pg_catalog.set_config('lock_timeout', pg_catalog.current_setting('solid_cache.lock_timeout'), true);
            EXCEPTION WHEN lock_not_available THEN
              RAISE EXCEPTION 'The lock of the migration is held by %. If that is no node that is migrating, end it, or whom it waits for: SELECT pg_terminate_backend(<pid>).', (
                SELECT string_agg(name, ' and ')
                FROM (
                  {SchemaHolders.OfLock(names).Indented(6)}
                ) AS holders (name)
              );
            END
            $solid_cache$;

            -- Whose the tables and functions are, and what is on them that a superuser would run for somebody else: asked now, and again below.
            {SchemaOwners.QuestionOfStrangers(names)}

            {SchemaOwners.RefuseStrangers(names)}

            DO $solid_cache$
            DECLARE
              stranger text;
            BEGIN
              -- Never touch what the library did not make.
              {CacheColumns.Refuse(names).Indented(2)}
              SELECT proname INTO stranger
              FROM pg_catalog.pg_proc
              WHERE pronamespace = to_regnamespace({SqlNames.Literal(names.Schema)})
                AND proname IN ({string.Join(", ", CacheRoutines.Of(names.Table).Select(static routine => SqlNames.Literal(routine.Name)))})
                AND NOT {SchemaInspection.Holds("prosrc", names.Entries[names.Schema.Length..])}
              LIMIT 1;
              IF stranger IS NOT NULL THEN
                RAISE EXCEPTION 'A function % is there that is not one of SolidCache.Postgres. Choose another name for the cache.', stranger;
              END IF;
              {TypeOfCounts.Refuse(names).Indented(2)}
            END
            $solid_cache$;


            """);
        foreach (var migration in migrations)
        {
            script.Append(migration.For(names, unlogged)).Append('\n');
            if (migration.Version == 1)
            {
                script.Append(RefuseLater(names, migrations[^1].Version)).Append('\n');
            }
        }

        script.Append(CacheColumns.Add(names)).Append('\n');
        script.Append(SchemaOwners.Settle(names)).Append('\n');
        return script.Append(ownTransaction ? $"{TagIndex.ReminderOf(names)}\n\nCOMMIT;\n" : SearchPathAsBefore).ToString();
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
            WHERE pronamespace = pg_catalog.to_regnamespace({SqlNames.Literal(names.Schema)})::oid
              AND (proname IN ({SqlNames.Literal(names.Table.CleanupFunction)}, {SqlNames.Literal(names.Table.SweepProcedure)}) OR pg_catalog.starts_with(proname, {SqlNames.Literal(names.Table.RoutinePrefix)}))
              AND pg_catalog.strpos(prosrc, {SqlNames.Literal(names.Entries[names.Schema.Length..])}) > 0
          LOOP
            EXECUTE pg_catalog.format('DROP ROUTINE %s CASCADE', routine);
          END LOOP;
        END
        $solid_cache$;
        {TypeOfCounts.Drop(names)}
        {CacheColumns.Drop(names)}

        """;

    /// <summary>
    /// The first migration has made the table of the state, or found it and looked whose it is, and has written to it, so that nobody changes it any more: what has that name before
    /// may be a view by which somebody runs functions with the rights of who reads it.
    /// </summary>
    private static string RefuseLater(SqlNames names, int version) =>
        $"""
        DO $solid_cache$
        DECLARE
          found integer;
        BEGIN
          SELECT schema_version INTO found FROM {names.State};
          IF found > {version} THEN
            RAISE EXCEPTION 'The schema has version % already; this script leads to version {version}.', found;
          END IF;
        END
        $solid_cache$;

        """;

    private static string LockCall(SqlNames names) => $"pg_catalog.pg_advisory_xact_lock({LockKey(names)})";
}
