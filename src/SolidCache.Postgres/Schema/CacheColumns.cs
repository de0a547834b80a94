using SolidCache.Postgres.Sql;

namespace SolidCache.Postgres.Schema;

/// <summary>The columns of all four tables, as the last migration leaves them.</summary>
internal static class CacheColumns
{
    private const string Time = "timestamp with time zone";
    private const string CText = "text COLLATE \"C\"";

    public static readonly CacheColumn[] Entries =
    [
        new("expires_at", Time, IsMark: true, IsGiven: true), new("created_at", Time, IsMark: true, "pg_catalog.now()"), new("sliding_expiration", "bigint", IsMark: true),
        new("absolute_expiration", Time, IsMark: true), new("key", CText, IsMark: true, IsGiven: true), new("value", "bytea", IsMark: true),
        new("lease", "bigint"), new("lease_ends_at", Time), new("stale_for", "bigint"), new("tags", "text[]"), new("made_after", "pg_snapshot"), new("compressed", "bytea"),
    ];

    public static readonly CacheColumn[] State =
    [
        new("singleton", "boolean", IsMark: true, "true"), new("schema_version", "integer", IsMark: true, IsGiven: true), new("minimum_library_version", "integer", IsMark: true, IsGiven: true),
        new("application", "text"), new("sweep_holder", "text"), new("sweep_lease_ends_at", Time), new("sweep_next_block", "bigint", Default: "0"), new("sweep_file", "bigint"),
        new("sweep_deleted", "bigint", Default: "0"), new("last_sweep_finished_at", Time), new("last_sweep_deleted", "bigint"), new("identity", "uuid", Default: "pg_catalog.gen_random_uuid()"),
    ];

    public static readonly CacheColumn[] TagRemovals =
        [new("tag", CText, IsMark: true, IsGiven: true), new("removed_by", "xid8", IsMark: true, "pg_catalog.pg_current_xact_id()"), new("swept_at", Time)];

    public static readonly CacheColumn[] Invalidations =
    [
        new("transaction", "xid8", IsMark: true, "pg_catalog.pg_current_xact_id()"), new("keys", "text[]", IsMark: true), new("epoch", "uuid", IsMark: true),
        new("written_at", Time, Default: "pg_catalog.clock_timestamp()"), new("tags", "text[]"), new("channel", "text"), new("message", "bytea"), new("horizon", "xid8"), new("pruned_to", "xid8"),
    ];

    /// <summary>Refuses a table that lacks a mark, or has a column under another type. In PL/pgSQL, before anything is made.</summary>
    public static string Refuse(SqlNames names) =>
        $"""
        DECLARE
          other record;
        BEGIN
          SELECT wanted.*, replace(format_type(given.atttypid, given.atttypmod), '"', '') AS found INTO other
          FROM (
            VALUES
              {Rows(names)}
          ) AS wanted (relation, name, type, definition, is_mark)
          LEFT JOIN pg_attribute AS given ON given.attrelid = to_regclass(wanted.relation) AND given.attname = wanted.name AND NOT given.attisdropped
          WHERE to_regclass(wanted.relation) IS NOT NULL
            AND CASE WHEN given.attname IS NULL THEN wanted.is_mark ELSE replace(format_type(given.atttypid, given.atttypmod), '"', '') <> wanted.type END
          ORDER BY wanted.is_mark DESC
          LIMIT 1;
          IF other.is_mark THEN
            RAISE EXCEPTION 'The table % is not one of SolidCache.Postgres. Choose another name for the cache.', other.relation
              USING HINT = format('It lacks the column %s %s.', other.name, other.type);
          ELSIF other.name IS NOT NULL THEN
            RAISE EXCEPTION 'The column % of % is %, and not % as the library makes it.', other.name, other.relation, other.found, other.type
              USING HINT = format('Run, as the table''s owner: ALTER TABLE %s ALTER COLUMN %s TYPE %s USING %s::%s;', other.relation, other.name, other.type, other.name, other.type);
          END IF;
        END;
        """;

    /// <summary>Makes what is missing anew. Where nothing is, no table is locked.</summary>
    public static string Add(SqlNames names) =>
        $"""
        DO $solid_cache$
        DECLARE
          missing text;
        BEGIN
          FOR missing IN
            SELECT format('ALTER TABLE %s ADD COLUMN %s', wanted.relation, wanted.definition)
            FROM (
              VALUES
                {Rows(names).Indented(4)}
            ) AS wanted (relation, name, type, definition, is_mark)
            WHERE NOT EXISTS (
              SELECT FROM pg_attribute AS given WHERE given.attrelid = to_regclass(wanted.relation) AND given.attname = wanted.name AND NOT given.attisdropped
            )
          LOOP
            EXECUTE missing;
          END LOOP;
        END
        $solid_cache$;

        """;

    /// <summary>Drops the tables, but for what is not the library's. The search_path is whatever it is.</summary>
    public static string Drop(SqlNames names) =>
        $"""
        DO $solid_cache$
        DECLARE
          made record;
        BEGIN
          FOR made IN
            SELECT wanted.relation, pg_catalog.bool_and(class.relkind::text = 'r'::text AND given.attname IS NOT NULL) AS is_ours
            FROM (
              VALUES
                {Rows(names).Indented(4)}
            ) AS wanted (relation, name, type, definition, is_mark)
            JOIN pg_catalog.pg_class AS class ON class.oid = pg_catalog.to_regclass(wanted.relation)::oid
            LEFT JOIN pg_catalog.pg_attribute AS given ON given.attrelid = class.oid AND given.attname = wanted.name AND NOT given.attisdropped
            WHERE wanted.is_mark
            GROUP BY wanted.relation
          LOOP
            IF made.is_ours THEN
              EXECUTE pg_catalog.format('DROP TABLE %s', made.relation);
            ELSE
              RAISE WARNING '% is not one of SolidCache.Postgres, and stays.', made.relation;
            END IF;
          END LOOP;
        END
        $solid_cache$;
        """;

    private static string Rows(SqlNames names)
    {
        (string Table, CacheColumn[] Columns)[] tables = [(names.Entries, Entries), (names.State, State), (names.TagRemovals, TagRemovals), (names.Invalidations, Invalidations)];
        return string.Join(",\n      ", tables.SelectMany(static table => table.Columns.Select(column => Row(table.Table, column))));
    }

    private static string Row(string table, CacheColumn column) =>
        $"({SqlNames.Literal(table)}, {SqlNames.Literal(column.Name)}, {SqlNames.Literal(column.BareType)}, {SqlNames.Literal(column.Definition)}, {(column.IsMark ? "true" : "false")})";
}
