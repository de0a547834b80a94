using Npgsql;
using SolidCache.Postgres.Tool.Connecting;

namespace SolidCache.Postgres.Tool.Verifying;

/// <summary>Looks at the server and the objects of the cache before anything is tried.</summary>
internal static class ServerInspection
{
    private const string Sql =
        """
        SELECT
          current_setting('server_version'),
          current_user,
          (
            SELECT CASE relpersistence WHEN 'u' THEN 'unlogged' ELSE 'logged' END
            FROM pg_class
            WHERE oid = to_regclass(format('%I.%I', $1, $2))
          ),
          (
            SELECT format('%s(%s)', proname, pg_get_function_arguments(pg_proc.oid))
            FROM pg_proc
            JOIN pg_namespace ON pg_namespace.oid = pronamespace
            WHERE nspname = $1
              AND proname = CASE $2 WHEN 'solid_cache_entries' THEN 'cleanup_expired_cache' ELSE $2 || '_cleanup_expired' END
            ORDER BY pronargs DESC
            LIMIT 1
          ),
          -- What a sweep needs: it is not tried, since the rows that it would delete, and the time that it would record, are not of this run.
          (
            SELECT bool_and(has_table_privilege(oid, 'SELECT') AND has_table_privilege(oid, 'UPDATE') AND (relname <> $2 OR has_table_privilege(oid, 'DELETE')))
            FROM pg_class
            WHERE oid = to_regclass(format('%I.%I', $1, $2))
              OR oid = to_regclass(format('%I.%I', $1, CASE $2 WHEN 'solid_cache_entries' THEN 'solid_cache_state' ELSE $2 || '_state' END))
          )
        """;

    /// <exception cref="SolidCacheException">The table or its function is missing, or the cache refuses what it finds.</exception>
    public static async Task RunAsync(ConnectionTarget target, ISolidCache cache, Terminal terminal, CancellationToken cancellationToken)
    {
        await using var dataSource = target.OpenDataSource();
        await using var command = dataSource.CreateCommand(Sql);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = target.Schema });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = target.Table });
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        await rows.ReadAsync(cancellationToken);
        var table = await rows.IsDBNullAsync(2, cancellationToken) ? null : rows.GetString(2);
        var function = await rows.IsDBNullAsync(3, cancellationToken) ? null : rows.GetString(3);
        if (table is null)
        {
            throw Missing("table", target);
        }

        // The first statement of a cache looks whether all is as the library made it, and knows best what to say.
        await cache.GetStatisticsAsync(cancellationToken);
        if (function is null)
        {
            throw Missing("cleanup function", target);
        }

        terminal.Table(
            ["Found", "Value"],
            [
                ["server", $"PostgreSQL {rows.GetString(0)}"],
                ["role", rows.GetString(1)],
                ["table", $"{target} ({table})"],
                ["function", function],
                ["sweeps", rows.GetBoolean(4) ? "the role may sweep" : "the role may NOT sweep"],
            ]);
    }

    private static SolidCacheException Missing(string what, ConnectionTarget target) =>
        new($"The {what} of the cache {target} is missing. Run solid-cache migrate, or the script of solid-cache migrate --script.");
}
