using SolidCache.Postgres.Tool.Connecting;

namespace SolidCache.Postgres.Tool.Verifying;

/// <summary>Looks at the server and the objects of the cache before anything is tried.</summary>
internal static class ServerInspection
{
    private const string Sql =
        """
        /* solid_cache:tool_verify */
        SELECT
          current_setting('server_version'),
          current_user,
          (
            SELECT CASE relpersistence WHEN 'u' THEN 'unlogged' ELSE 'logged' END
            FROM pg_class
            WHERE oid = to_regclass(format('%I.%I', $1, $2))
          ),
          (
            SELECT string_agg(format('%s(%s)%s', proname, pg_get_function_arguments(pg_proc.oid), CASE WHEN NOT has_function_privilege(pg_proc.oid, 'EXECUTE') THEN ' (the role may NOT call it)' END), ', ' ORDER BY pg_proc.oid)
            FROM pg_proc
            JOIN pg_namespace ON pg_namespace.oid = pronamespace
            WHERE nspname = $1
              AND proname = CASE $2 WHEN 'solid_cache_entries' THEN 'cleanup_expired_cache' ELSE $2 || '_cleanup_expired' END
          ),
          -- What a sweep needs: it is not tried, since the rows that it would delete, and the time that it would record, are not of this run.
          (
            SELECT bool_and(has_table_privilege(oid, 'SELECT') AND CASE
              WHEN relname = $2 THEN has_table_privilege(oid, 'UPDATE') AND has_table_privilege(oid, 'DELETE')
              ELSE has_any_column_privilege(oid, 'UPDATE') AND (relname LIKE '%\_state' OR has_table_privilege(oid, 'DELETE'))
            END)
            FROM pg_class
            WHERE oid = to_regclass(format('%I.%I', $1, $2))
              OR oid = to_regclass(format('%I.%I', $1, CASE $2 WHEN 'solid_cache_entries' THEN 'solid_cache_state' ELSE $2 || '_state' END))
              OR oid = to_regclass(format('%I.%I', $1, CASE $2 WHEN 'solid_cache_entries' THEN 'solid_cache_tag_removals' ELSE $2 || '_tag_removals' END))
          ) AND (
            SELECT bool_or(has_function_privilege(pg_proc.oid, 'EXECUTE'))
            FROM pg_proc
            JOIN pg_namespace ON pg_namespace.oid = pronamespace
            WHERE nspname = $1
              AND proname = CASE $2 WHEN 'solid_cache_entries' THEN 'solid_cache_is_fresh' ELSE $2 || '_is_fresh' END
          ),
          (
            SELECT string_agg(format('%s(%s)%s', proname, pg_get_function_arguments(pg_proc.oid), CASE WHEN NOT has_function_privilege(pg_proc.oid, 'EXECUTE') THEN ' (the role may NOT call it)' END), ', ' ORDER BY pg_proc.oid)
            FROM pg_proc
            JOIN pg_namespace ON pg_namespace.oid = pronamespace
            WHERE nspname = $1
              AND proname = CASE $2 WHEN 'solid_cache_entries' THEN 'solid_cache_remove' ELSE $2 || '_remove' END
          )
        """;

    /// <exception cref="SolidCacheException">The table or its function is missing, or the cache refuses what it finds.</exception>
    public static async Task RunAsync(ConnectionTarget target, ISolidCache cache, Terminal terminal, CancellationToken cancellationToken)
    {
        // The first statement of a cache looks whether all is as the library made it, and knows best what to say, also of a server that is silent or a certificate that cannot be read.
        await cache.GetStatisticsAsync(cancellationToken);
        var rows = await target.QueryAsync(
            static row => (
                Version: row.GetString(0),
                Role: row.GetString(1),
                Table: row.IsDBNull(2) ? null : row.GetString(2),
                Function: row.IsDBNull(3) ? null : row.GetString(3),
                MaySweep: !row.IsDBNull(4) && row.GetBoolean(4),
                Removal: row.IsDBNull(5) ? null : row.GetString(5)),
            Sql,
            [target.Schema, target.Table],
            cancellationToken);
        var found = rows[0];
        if (found.Function is null)
        {
            throw Missing("cleanup function", target);
        }

        if (found.Removal is null)
        {
            throw Missing("removal function", target);
        }

        terminal.Table(
            ["Found", "Value"],
            [
                ["server", $"PostgreSQL {found.Version}"],
                ["role", found.Role],
                ["table", $"{target} ({found.Table})"],
                ["function", found.Function],
                ["removal from SQL", found.Removal],
                ["sweeps", found.MaySweep ? "the role may sweep" : "the role may NOT sweep"],
            ]);
    }

    private static SolidCacheException Missing(string what, ConnectionTarget target) =>
        new($"The {what} of the cache {target} is missing. Run solid-cache migrate, or the script of solid-cache migrate --script.");
}
