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
              '',
              true,
              true,
              pg_catalog.current_setting('server_encoding'),
              pg_catalog.to_regclass('pg_catalog.pg_dist_partition') IS NOT NULL,
              true,
              NULL::text,
              (extract(epoch FROM pg_catalog.pg_postmaster_start_time()) * 1000000.0)::bigint::text || '/'::text || oid::text,
              false
            FROM pg_catalog.pg_database
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
              )
            FROM wanted
            CROSS JOIN home
            CROSS JOIN me
            JOIN pg_catalog.pg_class AS class ON class.relnamespace = home.oid AND class.relname = wanted.name
            CROSS JOIN LATERAL (
              SELECT pg_catalog.string_agg(
                -- Without the quotes of quote_all_identifiers.
                attribute.attname::text || ' '::text || pg_catalog.replace(pg_catalog.format_type(attribute.atttypid, attribute.atttypmod), '"'::text, ''::text)
                  || CASE WHEN sorting.collname = 'C' THEN ' COLLATE "C"'::text ELSE ''::text END,
                E'\n'::text ORDER BY attribute.attnum) AS list
              FROM pg_catalog.pg_attribute AS attribute
              LEFT JOIN pg_catalog.pg_collation AS sorting ON sorting.oid = attribute.attcollation
              WHERE attribute.attrelid = class.oid
                AND attribute.attnum > 0::smallint
                AND NOT attribute.attisdropped
            ) AS columns
            CROSS JOIN LATERAL (
              SELECT pg_catalog.string_agg(oddity.what, ', '::text) AS list
              FROM (
                SELECT 'the rule '::text || rulename::text AS what
                FROM pg_catalog.pg_rewrite
                WHERE ev_class = class.oid
                  AND rulename <> '_RETURN'
                UNION ALL
                SELECT 'the trigger '::text || trigger.tgname::text || ' with a function of '::text || pg_catalog.pg_get_userbyid(called.proowner)::text
                FROM pg_catalog.pg_trigger AS trigger
                JOIN pg_catalog.pg_proc AS called ON called.oid = trigger.tgfoid
                WHERE trigger.tgrelid = class.oid
                  AND NOT trigger.tgisinternal
                  AND called.proowner NOT IN (SELECT oid FROM trusted)
                  -- What the owner makes runs with the rights of whoever writes, a superuser's too, unless it says that it runs with its own.
                  AND (called.proowner <> class.relowner OR (me.rolsuper AND NOT called.prosecdef))
                UNION ALL
                -- So does what is called by constraints, defaults, generated columns, indexes, and domains.
                SELECT pg_catalog.pg_describe_object(uses.refclassid, uses.refobjid, 0) || ' of '::text || pg_catalog.pg_get_userbyid(used.owner)::text
                FROM pg_catalog.pg_depend AS uses
                JOIN (
                  SELECT 'pg_catalog.pg_proc'::regclass::oid, called.oid, called.proowner, called.prosecdef FROM pg_catalog.pg_proc AS called
                  UNION ALL
                  SELECT 'pg_catalog.pg_operator'::regclass::oid, called.oid, called.oprowner, false FROM pg_catalog.pg_operator AS called
                  UNION ALL
                  SELECT 'pg_catalog.pg_type'::regclass::oid, type.oid, type.typowner, false FROM pg_catalog.pg_type AS type
                ) AS used (catalog, id, owner, has_own_rights) ON used.catalog = uses.refclassid AND used.id = uses.refobjid
                WHERE uses.classid IN ('pg_catalog.pg_class'::regclass::oid, 'pg_catalog.pg_constraint'::regclass::oid, 'pg_catalog.pg_attrdef'::regclass::oid)
                  AND uses.objid IN (
                    SELECT class.oid
                    UNION ALL
                    SELECT index.indexrelid FROM pg_catalog.pg_index AS index WHERE index.indrelid = class.oid
                    UNION ALL
                    SELECT checked.oid FROM pg_catalog.pg_constraint AS checked WHERE checked.conrelid = class.oid
                    UNION ALL
                    SELECT given.oid FROM pg_catalog.pg_attrdef AS given WHERE given.adrelid = class.oid
                  )
                  AND used.owner NOT IN (SELECT oid FROM trusted)
                  AND (used.owner <> class.relowner OR (me.rolsuper AND NOT used.has_own_rights))
                UNION ALL
                SELECT 'the child table '::text || child.relname::text
                FROM pg_catalog.pg_inherits AS inherits
                JOIN pg_catalog.pg_class AS child ON child.oid = inherits.inhrelid
                WHERE inherits.inhparent = class.oid
                  AND class.relkind = 'r'
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
              CASE WHEN me.rolsuper AND NOT routine.prosecdef AND routine.proowner NOT IN (SELECT oid FROM trusted)
                AND routine.proname = {SqlNames.Literal(table.Function("is_fresh"))}::name AND {HasArguments}
                THEN 'is called by every read'::text
              END,
              routine.oid::text,
              false
            FROM pg_catalog.pg_proc AS routine
            CROSS JOIN me
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
            """;
    }

    /// <summary>Whose tables and functions the role that asks takes for its own: the last of these queries, <c>trusted</c>.</summary>
    public static string TrustedBy(TableName table) =>
        $"""
        me AS (
          SELECT rolname, rolsuper
          FROM pg_catalog.pg_roles
          WHERE rolname = current_user
        ),
        home AS (
          SELECT oid, nspowner
          FROM pg_catalog.pg_namespace
          WHERE nspname = {SqlNames.Literal(table.Schema)}
        ),
        -- A superuser is no member of anybody, though pg_has_role() says so: what others own would run with its rights.
        trusted AS (
          SELECT role.oid
          FROM pg_catalog.pg_roles AS role
          CROSS JOIN me
          WHERE role.rolsuper
            OR role.rolname = me.rolname
            OR role.oid IN (SELECT nspowner FROM home)
            OR role.oid IN (SELECT datdba FROM pg_catalog.pg_database WHERE datname = current_database())
            OR (NOT me.rolsuper AND pg_catalog.pg_has_role(role.oid, 'MEMBER'))
        )
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
