using SolidCache.Postgres.Sql;

namespace SolidCache.Postgres.Schema;

/// <summary>
/// What hangs on one of the cache's tables, and would run something of somebody else's with the rights of whoever works with it. What the table's owner makes is his own matter, as long as no superuser works there.
/// </summary>
internal static class SchemaOddities
{
    /// <summary>A subquery of texts, <c>what</c>. <see cref="SchemaInspection.TrustedBy"/> stands beside it.</summary>
    /// <param name="table">The row of <c>pg_class</c>.</param>
    /// <param name="log">The function of the triggers that the library makes.</param>
    public static string Of(string table, string log) =>
        $"""
        SELECT 'the rule '::text || rulename::text AS what
        FROM pg_catalog.pg_rewrite
        WHERE ev_class = {table}.oid
          AND rulename <> '_RETURN'
        UNION ALL
        SELECT 'the trigger '::text || trigger.tgname::text || ' with a function of '::text || pg_catalog.pg_get_userbyid(called.proowner)::text
        FROM pg_catalog.pg_trigger AS trigger
        JOIN pg_catalog.pg_proc AS called ON called.oid = trigger.tgfoid
        WHERE trigger.tgrelid = {table}.oid
          AND NOT trigger.tgisinternal
          AND (
            (called.proowner <> {table}.relowner AND called.proowner NOT IN (SELECT oid FROM trusted))
            -- The library's own for the application's tables, of whichever cache: what it executes is its arguments, and whoever made the trigger chose them.
            OR pg_catalog.strpos(called.prosrc, 'EXECUTE keys_query'::text) > 0
            -- Who made it is written nowhere, and its condition may run SQL by a function of PostgreSQL's own.
            OR ((SELECT rolsuper FROM me) AND (trigger.tgqual IS NOT NULL OR called.proname <> {SqlNames.Literal(log)}::name))
          )
        UNION ALL
        -- By which anybody puts on the table what runs with the rights of who writes.
        SELECT 'the right '::text || held.privilege_type || ' of '::text || CASE held.grantee::text WHEN '0' THEN 'everybody'::text ELSE pg_catalog.pg_get_userbyid(held.grantee)::text END
        FROM (
          SELECT {table}.relacl
          UNION ALL
          SELECT attribute.attacl FROM pg_catalog.pg_attribute AS attribute WHERE attribute.attrelid = {table}.oid
        ) AS granted (list)
        CROSS JOIN LATERAL pg_catalog.aclexplode(granted.list) AS held
        WHERE (SELECT rolsuper FROM me)
          AND held.privilege_type IN ('TRIGGER', 'REFERENCES')
          AND held.grantee <> {table}.relowner
          AND held.grantee NOT IN (SELECT oid FROM trusted)
        UNION ALL
        -- So does what is called by constraints, defaults, generated columns, indexes, domains, and conditions of triggers.
        SELECT pg_catalog.pg_describe_object(uses.refclassid, uses.refobjid, 0) || ' of '::text || pg_catalog.pg_get_userbyid(used.owner)::text
        FROM pg_catalog.pg_depend AS uses
        JOIN (
          SELECT 'pg_catalog.pg_proc'::regclass::oid, called.oid, called.proowner FROM pg_catalog.pg_proc AS called
          UNION ALL
          SELECT 'pg_catalog.pg_operator'::regclass::oid, called.oid, called.oprowner FROM pg_catalog.pg_operator AS called
          UNION ALL
          SELECT 'pg_catalog.pg_type'::regclass::oid, type.oid, type.typowner FROM pg_catalog.pg_type AS type
        ) AS used (catalog, id, owner) ON used.catalog = uses.refclassid AND used.id = uses.refobjid
        WHERE uses.classid IN ('pg_catalog.pg_class'::regclass::oid, 'pg_catalog.pg_constraint'::regclass::oid, 'pg_catalog.pg_attrdef'::regclass::oid, 'pg_catalog.pg_trigger'::regclass::oid)
          AND uses.objid IN (
            SELECT {table}.oid
            UNION ALL
            SELECT index.indexrelid FROM pg_catalog.pg_index AS index WHERE index.indrelid = {table}.oid
            UNION ALL
            SELECT checked.oid FROM pg_catalog.pg_constraint AS checked WHERE checked.conrelid = {table}.oid
            UNION ALL
            SELECT given.oid FROM pg_catalog.pg_attrdef AS given WHERE given.adrelid = {table}.oid
            UNION ALL
            SELECT fired.oid FROM pg_catalog.pg_trigger AS fired WHERE fired.tgrelid = {table}.oid AND fired.tgqual IS NOT NULL
          )
          AND used.owner <> {table}.relowner
          AND used.owner NOT IN (SELECT oid FROM trusted)
        UNION ALL
        SELECT 'the child table '::text || child.relname::text
        FROM pg_catalog.pg_inherits AS inherits
        JOIN pg_catalog.pg_class AS child ON child.oid = inherits.inhrelid
        WHERE inherits.inhparent = {table}.oid
          AND {table}.relkind = 'r'
        UNION ALL
        SELECT 'that it is a partition or a child of '::text || parent.oid::regclass::text || ' (ALTER TABLE .. '::text
          || CASE WHEN {table}.relispartition THEN 'DETACH PARTITION'::text ELSE 'NO INHERIT'::text END || ')'::text
        FROM pg_catalog.pg_inherits AS inherits
        JOIN pg_catalog.pg_class AS parent ON parent.oid = inherits.inhparent
        WHERE inherits.inhrelid = {table}.oid
        UNION ALL
        SELECT 'that it is of the type '::text || type.typname::text || ' (ALTER TABLE .. NOT OF)'::text
        FROM pg_catalog.pg_type AS type
        WHERE type.oid = {table}.reloftype
        UNION ALL
        -- ON CONFLICT takes none.
        SELECT 'the constraint '::text || late.conname::text || ', which is deferrable (ALTER TABLE .. DROP CONSTRAINT '::text || pg_catalog.quote_ident(late.conname::text) || ', ADD '::text
          || pg_catalog.split_part(pg_catalog.pg_get_constraintdef(late.oid), ' DEFERRABLE'::text, 1) || ')'::text
        FROM pg_catalog.pg_constraint AS late
        WHERE late.conrelid = {table}.oid
          AND late.contype IN ('p', 'u')
          AND late.condeferrable
        UNION ALL
        -- What cascades calls the triggers of the other table, before PostgreSQL 18 with the rights of whoever removes here.
        SELECT 'the foreign key '::text || link.conname::text || ' of a table of '::text || pg_catalog.pg_get_userbyid(other.relowner)::text
        FROM pg_catalog.pg_constraint AS link
        JOIN pg_catalog.pg_class AS other ON other.oid = link.conrelid
        WHERE link.confrelid = {table}.oid
          AND ((SELECT rolsuper FROM me) OR (other.relowner <> {table}.relowner AND other.relowner NOT IN (SELECT oid FROM trusted)))
        """;
}
