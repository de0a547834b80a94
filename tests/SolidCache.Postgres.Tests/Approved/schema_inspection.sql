-- Found
/* solid_cache:schema_found */
WITH me AS (
  SELECT rolname, rolsuper
  FROM pg_catalog.pg_roles
  WHERE rolname = current_user
),
home AS (
  SELECT oid, nspowner
  FROM pg_catalog.pg_namespace
  WHERE nspname = 'public'
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
),
wanted (part, name, key, key_columns) AS (
  VALUES
    ('entries', 'solid_cache_entries'::name, 'key'::name, 1::smallint),
    ('state', 'solid_cache_state'::name, 'singleton'::name, 1::smallint),
    ('tag_removals', 'solid_cache_tag_removals'::name, 'tag'::name, 2::smallint),
    ('invalidations', 'solid_cache_invalidations'::name, 'transaction'::name, 1::smallint)
),
wanted_routines (name, kind, arguments, result) AS (
  VALUES
    ('cleanup_expired_cache'::name, 'f', 'count', '20'),
    ('sweep_expired_cache'::name, 'p', 'count 701 20', '2249'),
    ('solid_cache_is_fresh'::name, 'f', '1009 5038 count', '16'),
    ('solid_cache_stored_key'::name, 'f', '25 25 count', '25'),
    ('solid_cache_remove_keys'::name, 'f', '1009 25 count', '2278'),
    ('solid_cache_remove'::name, 'f', '25 25', '2278'),
    ('solid_cache_remove_by_tag'::name, 'f', '25 25', '2278'),
    ('solid_cache_template'::name, 'f', '2205 25 count', '1009'),
    ('solid_cache_key_of_row'::name, 'f', '3802 1009 count', '25'),
    ('solid_cache_removal'::name, 'f', '2205 25 25 1009 count', '2278'),
    ('solid_cache_changed'::name, 'f', '', '2279'),
    ('solid_cache_remove_on_change'::name, 'f', '2205 25 25 25', '2278'),
    ('solid_cache_forget'::name, 'f', '2205 25', '16'),
    ('solid_cache_log_change'::name, 'f', '', '2279'),
    ('solid_cache_log_changes'::name, 'f', '16', '2278')
)
SELECT
  'database',
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
  'routine',
  routine.prokind::text,
  pg_catalog.pg_get_userbyid(routine.proowner)::text,
  routine.proowner IN (SELECT oid FROM trusted),
  pg_catalog.pg_has_role(routine.proowner, 'USAGE') AND pg_catalog.has_schema_privilege(home.oid, 'CREATE')
    AND pg_catalog.current_setting('transaction_read_only') = 'off',
  routine.proname::text || '('::text || pg_catalog.pg_get_function_identity_arguments(routine.oid) || ')'::text
    || coalesce(' RETURNS '::text || pg_catalog.format_type(routine.prorettype, NULL::integer), ''),
  (pg_catalog.strpos(routine.prosrc, '."solid_cache_entries"') > 0 OR pg_catalog.strpos(routine.prosrc, '."solid_cache_entries"') > 0)
    AND routine.prokind::text = wanted_routines.kind
    AND routine.proargtypes::text = pg_catalog.replace(wanted_routines.arguments, 'count'::text, coalesce(counts.type, ''::text))
    AND routine.prorettype::text = wanted_routines.result,
  (pg_catalog.strpos(routine.prosrc, '"public"."solid_cache_entries"') > 0 OR pg_catalog.strpos(routine.prosrc, '"public"."solid_cache_entries"') > 0),
  CASE WHEN me.rolsuper AND NOT routine.prosecdef AND routine.proowner NOT IN (SELECT oid FROM trusted)
    AND routine.proname = 'solid_cache_is_fresh'::name AND routine.proargtypes::text = pg_catalog.replace(wanted_routines.arguments, 'count'::text, coalesce(counts.type, ''::text))
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
  WHERE typname = 'solid_cache_count'
) AS counts ON counts.typnamespace = home.oid
-- Those of the first days, which the first migration takes away.
WHERE NOT (routine.proargtypes::text IN ('20'::text, '23 701 20'::text) AND routine.proowner IN (SELECT oid FROM trusted)
  AND (pg_catalog.strpos(routine.prosrc, '"public"."solid_cache_entries"') > 0 OR pg_catalog.strpos(routine.prosrc, '"public"."solid_cache_entries"') > 0));

-- Distributed
/* solid_cache:schema_distributed */
SELECT EXISTS (
  SELECT
  FROM pg_catalog.pg_dist_partition AS part
  JOIN pg_catalog.pg_class AS class ON class.oid = part.logicalrelid::oid
  JOIN pg_catalog.pg_namespace AS home ON home.oid = class.relnamespace
  WHERE home.nspname = 'public'
    AND class.relname IN ('solid_cache_entries', 'solid_cache_state', 'solid_cache_tag_removals', 'solid_cache_invalidations')
);

-- LockHolders
/* solid_cache:schema_lock */
SELECT locks.pid::bigint, coalesce(activity.usename::text, ''), coalesce(activity.application_name, '')
FROM pg_catalog.pg_locks AS locks
LEFT JOIN pg_catalog.pg_stat_activity AS activity ON activity.pid = locks.pid
WHERE locks.locktype = 'advisory'
  AND locks.granted
  AND locks.database IN (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
  AND ((locks.classid::bigint << 32) | locks.objid::bigint) = pg_catalog.hashtextextended('solid_cache:"public"', 0);
