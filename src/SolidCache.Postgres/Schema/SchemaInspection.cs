using SolidCache.Postgres.Entries;
using SolidCache.Postgres.Sql;

namespace SolidCache.Postgres.Schema;

/// <summary>
/// The one question to the catalog about all that stands under the names of a cache. It asks for no rights, and calls and compares nothing but what fits
/// exactly, so that no function or operator of another schema is a better fit.
/// </summary>
internal static class SchemaInspection
{
    public const string Database = "database";
    public const string Entries = "entries";
    public const string State = "state";
    public const string TagRemovals = "tag_removals";
    public const string Invalidations = "invalidations";
    public const string Routine = "routine";
    public const string CountType = "count_type";

    /// <summary>The type of a count is in the cache's schema: it has another number in each.</summary>
    private const string HasArguments = $"routine.proargtypes::text = pg_catalog.replace(wanted_routines.arguments, '{CacheRoutines.CountType}'::text, coalesce(counts.type, ''::text))";

    public static string Of(SqlNames names)
    {
        var table = names.Table;
        return
            $"""
            /* solid_cache:schema_found */
            WITH {TrustedBy(table)},
            wanted (part, name, key, key_columns) AS (
              VALUES
                ('{Entries}', {SqlNames.Literal(table.Table)}::name, 'key'::name, 1::smallint),
                ('{State}', {SqlNames.Literal(table.State)}::name, 'singleton'::name, 1::smallint),
                ('{TagRemovals}', {SqlNames.Literal(table.TagRemovals)}::name, 'tag'::name, 2::smallint),
                ('{Invalidations}', {SqlNames.Literal(table.Invalidations)}::name, 'transaction'::name, 1::smallint)
            ),
            wanted_routines (name, kind, arguments, result) AS (
              VALUES
                {string.Join(",\n    ", CacheRoutines.Of(table).Select(static routine => $"({SqlNames.Literal(routine.Name)}::name, '{routine.Kind}', '{routine.Arguments}', '{routine.Result}')"))}
            )
            SELECT
              '{Database}',
              '',
              pg_catalog.pg_get_userbyid(datdba)::text,
              NOT me.rolsuper,
              true,
              pg_catalog.current_setting('server_encoding'),
              pg_catalog.to_regclass('pg_catalog.pg_dist_partition') IS NOT NULL,
              true,
              (
                {Unsafe.Indented(4)}
              ),
              (extract(epoch FROM pg_catalog.pg_postmaster_start_time()) * 1000000.0)::bigint::text || '/'::text || oid::text,
              false,
              NULL::text
            FROM pg_catalog.pg_database
            CROSS JOIN me
            WHERE datname = current_database()
            UNION ALL
            SELECT
              wanted.part,
              class.relkind::text,
              pg_catalog.pg_get_userbyid(class.relowner)::text,
              class.relowner IN (SELECT oid FROM trusted),
              pg_catalog.pg_has_role(class.relowner, 'USAGE') AND pg_catalog.has_schema_privilege(home.oid, 'CREATE')
                AND pg_catalog.current_setting('transaction_read_only') = 'off',
              coalesce(columns.list, ''),
              EXISTS (
                SELECT
                FROM pg_catalog.pg_index AS index
                JOIN pg_catalog.pg_attribute AS attribute ON attribute.attrelid = index.indrelid AND attribute.attnum = index.indkey[0]
                WHERE index.indrelid = class.oid
                  AND index.indisunique
                  AND index.indisvalid
                  AND index.indnkeyatts = wanted.key_columns
                  AND index.indpred IS NULL
                  AND attribute.attname = wanted.key
              ),
              NOT pg_catalog.row_security_active(class.oid),
              oddities.list,
              class.oid::text,
              EXISTS (
                SELECT
                FROM pg_catalog.pg_trigger AS trigger
                WHERE trigger.tgrelid = class.oid
                  AND trigger.tgname = 'solid_cache_log_update'
                  AND trigger.tgenabled = 'A'
              ),
              columns.strict
            FROM wanted
            CROSS JOIN home
            JOIN pg_catalog.pg_class AS class ON class.relnamespace = home.oid AND class.relname = wanted.name
            CROSS JOIN LATERAL (
              SELECT pg_catalog.string_agg(
                -- Without the quotes of quote_all_identifiers.
                attribute.attname::text || ' '::text
                  || CASE WHEN type.typnamespace::text = '11'::text
                    THEN pg_catalog.replace(pg_catalog.replace(pg_catalog.format_type(attribute.atttypid, attribute.atttypmod), '"'::text, ''::text), 'pg_catalog.'::text, ''::text)
                    ELSE type.typnamespace::regnamespace::text || '.'::text || type.typname::text END
                  || CASE WHEN sorting.collname = 'C' THEN ' COLLATE "C"'::text ELSE ''::text END
                  || CASE WHEN attribute.attgenerated <> '' OR attribute.attidentity = 'a' THEN ' GENERATED'::text ELSE ''::text END,
                E'\n'::text ORDER BY attribute.attnum) AS list,
                pg_catalog.string_agg(attribute.attname::text || CASE WHEN attribute.atthasdef OR attribute.attidentity <> '' THEN ' +'::text ELSE ' -'::text END, E'\n'::text ORDER BY attribute.attnum)
                  FILTER (WHERE attribute.attnotnull) AS strict
              FROM pg_catalog.pg_attribute AS attribute
              JOIN pg_catalog.pg_type AS type ON type.oid = attribute.atttypid
              LEFT JOIN pg_catalog.pg_collation AS sorting ON sorting.oid = attribute.attcollation
              WHERE attribute.attrelid = class.oid
                AND attribute.attnum > 0::smallint
                AND NOT attribute.attisdropped
            ) AS columns
            CROSS JOIN LATERAL (
              SELECT pg_catalog.string_agg(oddity.what, ', '::text) AS list
              FROM (
                {SchemaOddities.Of("class", table.Function("log_change")).Indented(4)}
              ) AS oddity
            ) AS oddities
            UNION ALL
            SELECT
              '{Routine}',
              routine.prokind::text,
              pg_catalog.pg_get_userbyid(routine.proowner)::text,
              routine.proowner IN (SELECT oid FROM trusted),
              pg_catalog.pg_has_role(routine.proowner, 'USAGE') AND pg_catalog.has_schema_privilege(home.oid, 'CREATE')
                AND pg_catalog.current_setting('transaction_read_only') = 'off',
              routine.proname::text || '('::text || pg_catalog.pg_get_function_identity_arguments(routine.oid) || ')'::text
                || coalesce(' RETURNS '::text || pg_catalog.format_type(routine.prorettype, NULL::integer), ''),
              {Holds("routine.prosrc", names.Entries[names.Schema.Length..])}
                AND routine.prokind::text = wanted_routines.kind
                AND {HasArguments}
                AND routine.prorettype::text = wanted_routines.result,
              {Holds("routine.prosrc", names.Entries)},
              NULL::text,
              routine.oid::text,
              false,
              NULL::text
            FROM pg_catalog.pg_proc AS routine
            JOIN home ON routine.pronamespace = home.oid
            JOIN wanted_routines ON routine.proname = wanted_routines.name
            LEFT JOIN (
              SELECT typnamespace, oid::text AS type
              FROM pg_catalog.pg_type
              WHERE typname = {SqlNames.Literal(table.CountType)}
            ) AS counts ON counts.typnamespace = home.oid
            -- Those of the first days, which the first migration takes away.
            WHERE NOT (routine.proargtypes::text IN ('20'::text, '23 701 20'::text) AND routine.proowner IN (SELECT oid FROM trusted)
              AND {Holds("routine.prosrc", names.Entries)})
            UNION ALL
            SELECT
              '{CountType}',
              {TypeOfCounts.Keyword("described.what")},
              pg_catalog.pg_get_userbyid(type.typowner)::text,
              type.typowner IN (SELECT oid FROM trusted),
              true,
              described.what,
              {TypeOfCounts.IsOurs.Indented(4)},
              true,
              NULL::text,
              type.oid::text,
              false,
              NULL::text
            FROM pg_catalog.pg_type AS type
            JOIN home ON type.typnamespace = home.oid
            CROSS JOIN LATERAL (
              SELECT {TypeOfCounts.What.Indented(6)} AS what
            ) AS described
            WHERE type.typname = {SqlNames.Literal(table.CountType)}
              AND {TypeOfCounts.IsInTheWay}
            """;
    }

    /// <summary>
    /// Whose tables and functions the role that asks takes for its own, <c>trusted</c>. Who owns something of the cache has many ways to run what he likes with the rights of those
    /// who work with it, so that a superuser takes nobody's but other superusers'. Who has become another role, or may become a superuser, is one, since what runs may do that for him.
    /// </summary>
    public static string TrustedBy(TableName table) =>
        $"""
        me AS (
          SELECT
            role.rolname,
            EXISTS (
              SELECT
              FROM pg_catalog.pg_roles AS high
              WHERE high.rolsuper
                AND pg_catalog.pg_has_role(session.usesysid, high.oid, 'MEMBER')
            ) AS rolsuper
          FROM pg_catalog.pg_roles AS role
          -- Who has logged in, whatever SET SESSION AUTHORIZATION says.
          CROSS JOIN pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()) AS session
          WHERE role.rolname = current_user
        ),
        home AS (
          SELECT oid, nspname, nspowner
          FROM pg_catalog.pg_namespace
          WHERE nspname = {SqlNames.Literal(table.Schema)}
        ),
        places (name, owner) AS (
          SELECT 'the database '::text || datname::text, datdba
          FROM pg_catalog.pg_database
          WHERE datname = current_database()
          UNION ALL
          SELECT 'the schema '::text || nspname::text, nspowner
          FROM home
          -- Whom the database belongs to.
          WHERE pg_catalog.pg_get_userbyid(nspowner) <> 'pg_database_owner'::name
        ),
        trusted AS (
          SELECT role.oid
          FROM pg_catalog.pg_roles AS role
          CROSS JOIN me
          WHERE role.rolsuper
            OR (
              NOT me.rolsuper
              AND (role.rolname = me.rolname OR role.oid IN (SELECT owner FROM places) OR pg_catalog.pg_has_role(role.oid, 'MEMBER'))
            )
        )
        """;

    /// <summary>Where a superuser does not work, and whose it is: a query of one text, <c>place</c>, or of none. <see cref="TrustedBy"/> stands before it.</summary>
    public const string Unsafe =
        """
        SELECT pg_catalog.string_agg(places.name || ' belongs to the role '::text || pg_catalog.pg_get_userbyid(places.owner)::text, ' and '::text) AS place
        FROM places
        CROSS JOIN me
        WHERE me.rolsuper
          AND places.owner NOT IN (SELECT oid FROM trusted)
        """;

    /// <summary>Whether a routine's text holds a name, by itself or in a literal.</summary>
    /// <param name="text">The SQL of the text.</param>
    /// <param name="name">The quoted name.</param>
    public static string Holds(string text, string name) =>
        $"(pg_catalog.strpos({text}, {SqlNames.Literal(name)}) > 0 OR pg_catalog.strpos({text}, {SqlNames.Literal(SqlNames.Escaped(name))}) > 0)";

    /// <summary>Whether Citus has one of the tables. Its catalog has to be there.</summary>
    public static string DistributedOf(SqlNames names) =>
        $"""
        /* solid_cache:schema_distributed */
        SELECT EXISTS (
          SELECT
          FROM pg_catalog.pg_dist_partition AS part
          JOIN pg_catalog.pg_class AS class ON class.oid = part.logicalrelid::oid
          JOIN pg_catalog.pg_namespace AS home ON home.oid = class.relnamespace
          WHERE home.nspname = {SqlNames.Literal(names.Table.Schema)}
            AND class.relname IN ({SqlNames.Literal(names.Table.Table)}, {SqlNames.Literal(names.Table.State)}, {SqlNames.Literal(names.Table.TagRemovals)}, {SqlNames.Literal(names.Table.Invalidations)})
        )
        """;
}
