using Npgsql;
using SolidCache.Postgres.Sql;

namespace SolidCache.Postgres.Schema;

/// <summary>
/// The index of the tags, on a table that was large before it had any. Made within the migration's transaction it would lock everybody out meanwhile, and what
/// locks nobody out may run in no transaction. Nothing but the speed of removals by tag depends on it.
/// </summary>
internal sealed class TagIndex(SqlNames names)
{
    private const string Whole = "whole";
    private const string Missing = "missing";
    private const string BeingMade = "being made";

    /// <summary>Rows without tags are not in it, and stay HOT.</summary>
    public static string DefinitionOf(SqlNames names) => $"{names.TagIndexName} ON {names.Entries} USING gin (tags) WHERE tags IS NOT NULL";

    /// <summary>What the script says at its end, to those who run it with whatever tool, in a transaction or not.</summary>
    public static string ReminderOf(SqlNames names) =>
        $"""
        DO $solid_cache$
        BEGIN
          IF pg_catalog.to_regclass({SqlNames.Literal(names.TagIndex)}) IS NULL THEN
            RAISE WARNING 'The table is large. Have its index of tags made too, by a statement outside a transaction: %', {SqlNames.Literal(Create(names))};
          END IF;
        END
        $solid_cache$;
        """;

    /// <summary>Makes it, or what is left of it by somebody who was interrupted. It takes as long as a look at every row.</summary>
    /// <exception cref="NpgsqlException">It could not be made.</exception>
    public void Ensure(Session session)
    {
        var state = session.QueryOne(static rows => rows.Text(0), State);
        if (state is not (Whole or BeingMade))
        {
            session.ExecuteLong(state == Missing ? Create(names) : $"REINDEX INDEX CONCURRENTLY {names.TagIndex}");
        }
    }

    private static string Create(SqlNames names) => $"CREATE INDEX CONCURRENTLY IF NOT EXISTS {DefinitionOf(names)}";

    private string State =>
        $"""
        /* solid_cache:tag_index */
        SELECT coalesce(
          (
            SELECT CASE
              WHEN found.indisvalid THEN '{Whole}'::text
              WHEN EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index AS progress WHERE progress.relid = found.indrelid) THEN '{BeingMade}'::text
              ELSE 'broken'::text
            END
            FROM pg_catalog.pg_index AS found
            WHERE found.indexrelid = pg_catalog.to_regclass({SqlNames.Literal(names.TagIndex)})::oid
          ), '{Missing}'::text)
        """;
}
