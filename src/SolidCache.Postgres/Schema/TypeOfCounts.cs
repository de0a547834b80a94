using SolidCache.Postgres.Sql;

namespace SolidCache.Postgres.Schema;

/// <summary>
/// The type of the arguments that nobody else may give: a domain over bigint, and no more. Whatever else has its name is somebody's, or was changed by him, and would count in every sweep and read.
/// In the queries it is the row <c>type</c> of <c>pg_type</c>, and nothing is looked up in a search_path, as <see cref="SchemaInspection"/> asks it too.
/// </summary>
internal static class TypeOfCounts
{
    /// <summary>Whether it is as the library makes it.</summary>
    public const string IsOurs =
        """
        type.typtype = 'd' AND type.typbasetype::text = '20'::text AND NOT type.typnotnull AND type.typdefault IS NULL
          AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint AS checked WHERE checked.contypid = type.oid)
        """;

    /// <summary>Whether it stands in the way of one. The array of another type does not: PostgreSQL moves it.</summary>
    public const string IsInTheWay = "NOT EXISTS (SELECT FROM pg_catalog.pg_type AS element WHERE element.typarray = type.oid)";

    /// <summary>Whether it has the name. One that is only announced cannot be had by that.</summary>
    public static string IsNamed(SqlNames names) =>
        $"type.typname = {SqlNames.Literal(names.Table.CountType)} AND type.typnamespace = pg_catalog.to_regnamespace({SqlNames.Literal(names.Schema)})::oid";

    /// <summary>What it is, for messages.</summary>
    public const string What =
        """
        CASE type.typtype
          WHEN 'd' THEN 'a domain over '::text || pg_catalog.format_type(type.typbasetype, type.typtypmod)
            || CASE WHEN type.typnotnull THEN ' NOT NULL'::text ELSE ''::text END
            || coalesce(' DEFAULT '::text || type.typdefault, ''::text)
            || coalesce((
              SELECT pg_catalog.string_agg(' '::text || pg_catalog.pg_get_constraintdef(checked.oid), ''::text)
              FROM pg_catalog.pg_constraint AS checked
              WHERE checked.contypid = type.oid
                AND checked.contype = 'c'
            ), ''::text)
          WHEN 'e' THEN 'an enum'::text
          WHEN 'r' THEN 'a range'::text
          WHEN 'c' THEN (
            SELECT CASE class.relkind WHEN 'c' THEN 'a composite type'::text WHEN 'v' THEN 'a view'::text WHEN 'm' THEN 'a materialized view'::text WHEN 'f' THEN 'a foreign table'::text ELSE 'a table'::text END
            FROM pg_catalog.pg_class AS class
            WHERE class.oid = type.typrelid
          )
          ELSE 'a type'::text
        END
        """;

    /// <summary>How SQL calls its kind, from a text that says what it is.</summary>
    /// <param name="what">The SQL of that text.</param>
    public static string Keyword(string what) =>
        $"CASE WHEN pg_catalog.starts_with({what}, 'a domain'::text) THEN 'DOMAIN'::text WHEN {what} IN ('a table'::text, 'a view'::text, 'a materialized view'::text, 'a foreign table'::text) "
        + $"THEN pg_catalog.upper(pg_catalog.substr({what}, 3)) ELSE 'TYPE'::text END";

    /// <summary>Statements of PL/pgSQL that go no further with anything else, and say what to do. They stand where names are looked up in pg_catalog.</summary>
    public static string Refuse(SqlNames names) =>
        $"""
        DECLARE
          found text;
        BEGIN
          SELECT {What.Indented(2)} INTO found
          FROM pg_catalog.pg_type AS type
          WHERE {IsNamed(names)}
            AND {IsInTheWay}
            AND NOT ({IsOurs.Indented(4)});
          IF found IS NOT NULL THEN
            RAISE EXCEPTION '% is %, where the cache % needs a type of its own, a domain over bigint and no more.', {SqlNames.Literal(names.CountType)}, found, {SqlNames.Literal(names.Entries)}
              USING HINT = format('Drop it, rename it, or choose another name for the cache: ALTER %s %s RENAME TO <another name>;', {Keyword("found")}, {SqlNames.Literal(names.CountType)});
          END IF;
        END;
        """;

    /// <summary>For the script that drops a cache, whose search_path is whatever it is.</summary>
    public static string Drop(SqlNames names) =>
        $"""
        DO $solid_cache$
        BEGIN
          IF EXISTS (
            SELECT
            FROM pg_catalog.pg_type AS type
            WHERE {IsNamed(names)}
              AND {IsOurs.Indented(4)}
          ) THEN
            DROP DOMAIN {names.CountType};
          END IF;
        END
        $solid_cache$;
        """;
}
