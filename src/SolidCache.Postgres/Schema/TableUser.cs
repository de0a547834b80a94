using Npgsql;
using SolidCache.Postgres.Diagnostics;
using SolidCache.Postgres.Sql;

namespace SolidCache.Postgres.Schema;

/// <summary>
/// Tells of two applications that use a table without a key prefix: they overwrite each other's entries, and neither can see it. Whoever begins leaves its
/// name in the state, and finds that of whoever began before. All nodes of an application have one name, and so has its next version.
/// </summary>
internal static class TableUser
{
    public static void Enter(Session session, SqlNames names, string application, Log log)
    {
        // It waits for nobody: who sweeps has the row for a moment, and somebody else perhaps for long.
        var enter =
            $"""
            /* solid_cache:enter */
            UPDATE {names.State} AS state
            SET application = $1
            FROM (SELECT application FROM {names.State} FOR UPDATE SKIP LOCKED) AS before
            WHERE state.singleton
              AND before.application IS DISTINCT FROM $1
            RETURNING before.application
            """;
        try
        {
            if (session.QueryFirst(static rows => rows.TextOrNull(0), enter, Parameter.Text(application)) is { } before)
            {
                log.TableShared(names.Table, Printable.Line(before), application);
            }
        }
        catch (PostgresException)
        {
            // A standby, a session or a role that does not write: a hint is no reason to keep it from its entries.
        }
    }
}
