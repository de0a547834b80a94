using Npgsql;
using SolidCache.Postgres.Sql;

namespace SolidCache.Postgres.Schema;

/// <summary>
/// The index of the tags, on a table that was large before it had any. Made within the migration's transaction it would lock everybody out meanwhile, and what
/// locks nobody out may run in no transaction. Nothing but the speed of removals by tag depends on it.
/// </summary>
internal sealed class TagIndex(SqlNames names)
{
    /// <summary>Rows without tags are not in it, and stay HOT.</summary>
    public static string DefinitionOf(SqlNames names) => $"ON {names.Entries} USING gin (tags) WHERE tags IS NOT NULL";

    /// <summary>
    /// The index by what it is, in a query that calls it <c>found</c>: somebody else may have its name. The tool asks it after the migration, when nothing sets the search_path any more
    /// in which operators and types are looked up: in that of the database others may come first.
    /// </summary>
    public static string Found(SqlNames names) =>
        $"""
        FROM pg_catalog.pg_index AS found
        JOIN pg_catalog.pg_class AS made ON made.oid OPERATOR(pg_catalog.=) found.indexrelid
        JOIN pg_catalog.pg_namespace AS home ON home.oid OPERATOR(pg_catalog.=) made.relnamespace
        JOIN pg_catalog.pg_am AS method ON method.oid OPERATOR(pg_catalog.=) made.relam
        JOIN pg_catalog.pg_attribute AS indexed ON indexed.attrelid OPERATOR(pg_catalog.=) found.indrelid AND indexed.attnum OPERATOR(pg_catalog.=) found.indkey[0]
        WHERE found.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass({SqlNames.Literal(names.Entries)})::pg_catalog.oid
          AND method.amname OPERATOR(pg_catalog.=) 'gin'
          AND indexed.attname OPERATOR(pg_catalog.=) 'tags'
        """;

    /// <summary>What the script says before it commits, to those who run it with whatever tool.</summary>
    public static string ReminderOf(SqlNames names) =>
        $"""
        DO $solid_cache$
        BEGIN
          IF NOT EXISTS (
            SELECT
            {Found(names).Indented(4)}
          ) THEN
            RAISE WARNING 'The table is large. Have its index of tags made too, by a statement outside a transaction: %', {Create(names)};
          END IF;
        END
        $solid_cache$;
        """;

    /// <summary>Makes it, or what is left of it by somebody who was interrupted. It takes as long as a look at every row.</summary>
    /// <exception cref="NpgsqlException">It could not be made.</exception>
    public void Ensure(Session session)
    {
        if (session.QueryOne(static rows => rows.Text(0), Missing) is { Length: > 0 } statement)
        {
            session.ExecuteLong(statement);
        }
    }

    /// <summary>The SQL of the statement: without a name where that is somebody else's.</summary>
    private static string Create(SqlNames names) =>
        $"CASE WHEN pg_catalog.to_regclass({SqlNames.Literal(names.TagIndex)}) IS NULL THEN {SqlNames.Literal($"CREATE INDEX CONCURRENTLY IF NOT EXISTS {names.TagIndexName} {DefinitionOf(names)}")}::pg_catalog.text "
        + $"ELSE {SqlNames.Literal($"CREATE INDEX CONCURRENTLY {DefinitionOf(names)}")}::pg_catalog.text END";

    /// <summary>The statement that is to be run; nothing where the index is there, or is being made here: the view of that shows other databases too, where a table may have the same number.</summary>
    private string Missing =>
        $"""
        /* solid_cache:tag_index */
        SELECT coalesce(
          (
            SELECT CASE
              WHEN found.indisvalid OR EXISTS (
                SELECT
                FROM pg_catalog.pg_stat_get_progress_info('CREATE INDEX') AS progress
                JOIN pg_catalog.pg_database AS here ON here.oid OPERATOR(pg_catalog.=) progress.datid
                WHERE here.datname OPERATOR(pg_catalog.=) pg_catalog.current_database() AND progress.relid OPERATOR(pg_catalog.=) found.indrelid
              ) THEN ''::pg_catalog.text
              ELSE pg_catalog.format('REINDEX INDEX CONCURRENTLY %I.%I', home.nspname, made.relname)
            END
            {Found(names).Indented(4)}
            ORDER BY found.indisvalid DESC
            LIMIT 1
          ), {Create(names)})
        """;
}
