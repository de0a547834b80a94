-- Found
/* solid_cache:schema_found */
WITH me AS (
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
  WHERE nspname = 'public'
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
    ('solid_cache_key_of_row'::name, 'f', '1009 count', '25'),
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
  pg_catalog.pg_get_userbyid(datdba)::text,
  NOT me.rolsuper,
  true,
  pg_catalog.current_setting('server_encoding'),
  pg_catalog.to_regclass('pg_catalog.pg_dist_partition') IS NOT NULL,
  true,
  (
    SELECT pg_catalog.string_agg(places.name || ' belongs to the role '::text || pg_catalog.pg_get_userbyid(places.owner)::text, ' and '::text) AS place
    FROM places
    CROSS JOIN me
    WHERE me.rolsuper
      AND places.owner NOT IN (SELECT oid FROM trusted)
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
      AND (
        (called.proowner <> class.relowner AND called.proowner NOT IN (SELECT oid FROM trusted))
        -- The library's own for the application's tables, of whichever cache: what it executes is its arguments, and whoever made the trigger chose them.
        OR pg_catalog.strpos(called.prosrc, 'EXECUTE keys_query'::text) > 0
        -- Who made it is written nowhere, and its condition may run SQL by a function of PostgreSQL's own.
        OR ((SELECT rolsuper FROM me) AND (trigger.tgqual IS NOT NULL OR called.proname <> 'solid_cache_log_change'::name))
      )
    UNION ALL
    -- By which anybody puts on the table what runs with the rights of who writes.
    SELECT 'the right '::text || held.privilege_type || ' of '::text || CASE held.grantee::text WHEN '0' THEN 'everybody'::text ELSE pg_catalog.pg_get_userbyid(held.grantee)::text END
    FROM (
      SELECT class.relacl
      UNION ALL
      SELECT attribute.attacl FROM pg_catalog.pg_attribute AS attribute WHERE attribute.attrelid = class.oid
    ) AS granted (list)
    CROSS JOIN LATERAL pg_catalog.aclexplode(granted.list) AS held
    WHERE (SELECT rolsuper FROM me)
      AND held.privilege_type IN ('TRIGGER', 'REFERENCES')
      AND held.grantee <> class.relowner
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
        SELECT class.oid
        UNION ALL
        SELECT index.indexrelid FROM pg_catalog.pg_index AS index WHERE index.indrelid = class.oid
        UNION ALL
        SELECT checked.oid FROM pg_catalog.pg_constraint AS checked WHERE checked.conrelid = class.oid
        UNION ALL
        SELECT given.oid FROM pg_catalog.pg_attrdef AS given WHERE given.adrelid = class.oid
        UNION ALL
        SELECT fired.oid FROM pg_catalog.pg_trigger AS fired WHERE fired.tgrelid = class.oid AND fired.tgqual IS NOT NULL
      )
      AND used.owner <> class.relowner
      AND used.owner NOT IN (SELECT oid FROM trusted)
    UNION ALL
    SELECT 'the child table '::text || child.relname::text
    FROM pg_catalog.pg_inherits AS inherits
    JOIN pg_catalog.pg_class AS child ON child.oid = inherits.inhrelid
    WHERE inherits.inhparent = class.oid
      AND class.relkind = 'r'
    UNION ALL
    SELECT 'that it is a partition or a child of '::text || parent.oid::regclass::text || ' (ALTER TABLE .. '::text
      || CASE WHEN class.relispartition THEN 'DETACH PARTITION'::text ELSE 'NO INHERIT'::text END || ')'::text
    FROM pg_catalog.pg_inherits AS inherits
    JOIN pg_catalog.pg_class AS parent ON parent.oid = inherits.inhparent
    WHERE inherits.inhrelid = class.oid
    UNION ALL
    SELECT 'that it is of the type '::text || type.typname::text || ' (ALTER TABLE .. NOT OF)'::text
    FROM pg_catalog.pg_type AS type
    WHERE type.oid = class.reloftype
    UNION ALL
    -- ON CONFLICT takes none.
    SELECT 'the constraint '::text || late.conname::text || ', which is deferrable (ALTER TABLE .. DROP CONSTRAINT '::text || pg_catalog.quote_ident(late.conname::text) || ', ADD '::text
      || pg_catalog.split_part(pg_catalog.pg_get_constraintdef(late.oid), ' DEFERRABLE'::text, 1) || ')'::text
    FROM pg_catalog.pg_constraint AS late
    WHERE late.conrelid = class.oid
      AND late.contype IN ('p', 'u')
      AND late.condeferrable
    UNION ALL
    -- What cascades calls the triggers of the other table, before PostgreSQL 18 with the rights of whoever removes here.
    SELECT 'the foreign key '::text || link.conname::text || ' of a table of '::text || pg_catalog.pg_get_userbyid(other.relowner)::text
    FROM pg_catalog.pg_constraint AS link
    JOIN pg_catalog.pg_class AS other ON other.oid = link.conrelid
    WHERE link.confrelid = class.oid
      AND ((SELECT rolsuper FROM me) OR (other.relowner <> class.relowner AND other.relowner NOT IN (SELECT oid FROM trusted)))
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
  WHERE typname = 'solid_cache_count'
) AS counts ON counts.typnamespace = home.oid
-- Those of the first days, which the first migration takes away.
WHERE NOT (routine.proargtypes::text IN ('20'::text, '23 701 20'::text) AND routine.proowner IN (SELECT oid FROM trusted)
  AND (pg_catalog.strpos(routine.prosrc, '"public"."solid_cache_entries"') > 0 OR pg_catalog.strpos(routine.prosrc, '"public"."solid_cache_entries"') > 0))
UNION ALL
SELECT
  'count_type',
  CASE WHEN pg_catalog.starts_with(described.what, 'a domain'::text) THEN 'DOMAIN'::text WHEN described.what IN ('a table'::text, 'a view'::text, 'a materialized view'::text, 'a foreign table'::text) THEN pg_catalog.upper(pg_catalog.substr(described.what, 3)) ELSE 'TYPE'::text END,
  pg_catalog.pg_get_userbyid(type.typowner)::text,
  type.typowner IN (SELECT oid FROM trusted),
  true,
  described.what,
  type.typtype = 'd' AND type.typbasetype::text = '20'::text AND NOT type.typnotnull AND type.typdefault IS NULL
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint AS checked WHERE checked.contypid = type.oid),
  true,
  NULL::text,
  type.oid::text,
  false,
  NULL::text
FROM pg_catalog.pg_type AS type
JOIN home ON type.typnamespace = home.oid
CROSS JOIN LATERAL (
  SELECT CASE type.typtype
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
      END AS what
) AS described
WHERE type.typname = 'solid_cache_count'
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_type AS element WHERE element.typarray = type.oid);

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
SELECT CASE WHEN locks.pid IS NULL THEN coalesce((
    SELECT 'the prepared transaction '::text || pg_catalog.quote_literal(prepared.gid) || ' (role '::text || prepared.owner::text || ', who ends it by ROLLBACK PREPARED or COMMIT PREPARED)'::text
    FROM pg_catalog.pg_locks AS own
    JOIN pg_catalog.pg_prepared_xacts AS prepared ON prepared.transaction = own.transactionid
    WHERE own.pid IS NULL AND own.virtualtransaction = locks.virtualtransaction
  ), 'a prepared transaction'::text)
  ELSE 'pid '::text || locks.pid::text || coalesce((
    SELECT ' (role '::text || coalesce(activity.usename::text, ''::text) || ', application_name '''::text || coalesce(activity.application_name, ''::text) || ''')'::text
    FROM pg_catalog.pg_stat_activity AS activity
    WHERE activity.pid = locks.pid
  ), ''::text) END || coalesce(', which waits for '::text || (
  SELECT pg_catalog.string_agg(DISTINCT CASE WHEN others.pid IS NULL THEN coalesce((
    SELECT 'the prepared transaction '::text || pg_catalog.quote_literal(prepared.gid) || ' (role '::text || prepared.owner::text || ', who ends it by ROLLBACK PREPARED or COMMIT PREPARED)'::text
    FROM pg_catalog.pg_locks AS own
    JOIN pg_catalog.pg_prepared_xacts AS prepared ON prepared.transaction = own.transactionid
    WHERE own.pid IS NULL AND own.virtualtransaction = others.virtualtransaction
  ), 'a prepared transaction'::text)
  ELSE 'pid '::text || others.pid::text || coalesce((
    SELECT ' (role '::text || coalesce(activity.usename::text, ''::text) || ', application_name '''::text || coalesce(activity.application_name, ''::text) || ''')'::text
    FROM pg_catalog.pg_stat_activity AS activity
    WHERE activity.pid = others.pid
  ), ''::text) END, ' and '::text)
  FROM pg_catalog.pg_locks AS waits
  JOIN pg_catalog.pg_locks AS others
    ON others.granted
    AND others.locktype = waits.locktype
    AND (others.transactionid = waits.transactionid OR (others.database = waits.database AND others.relation = waits.relation))
  WHERE waits.pid = locks.pid
    AND NOT waits.granted
), ''::text)
FROM pg_catalog.pg_locks AS locks
WHERE locks.locktype = 'advisory'
  AND locks.granted
  AND locks.database IN (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
  AND ((locks.classid::bigint << 32) | locks.objid::bigint) = pg_catalog.hashtextextended('solid_cache:"public"', 0)
  -- Of one number: a lock of two numbers that make the same is another.
  AND locks.objsubid = '1'::smallint;

-- TableHolders
/* solid_cache:schema_lock */
SELECT CASE WHEN holder.pid IS NULL THEN coalesce((
    SELECT 'the prepared transaction '::text || pg_catalog.quote_literal(prepared.gid) || ' (role '::text || prepared.owner::text || ', who ends it by ROLLBACK PREPARED or COMMIT PREPARED)'::text
    FROM pg_catalog.pg_locks AS own
    JOIN pg_catalog.pg_prepared_xacts AS prepared ON prepared.transaction = own.transactionid
    WHERE own.pid IS NULL AND own.virtualtransaction = holder.virtualtransaction
  ), 'a prepared transaction'::text)
  ELSE 'pid '::text || holder.pid::text || coalesce((
    SELECT ' (role '::text || coalesce(activity.usename::text, ''::text) || ', application_name '''::text || coalesce(activity.application_name, ''::text) || ''')'::text
    FROM pg_catalog.pg_stat_activity AS activity
    WHERE activity.pid = holder.pid
  ), ''::text) END
FROM (
  SELECT
    locks.pid,
    locks.virtualtransaction,
    pg_catalog.max(locks.transactionid::text),
    pg_catalog.min(CASE
      WHEN locks.relation IN (pg_catalog.to_regclass('"public"."solid_cache_entries"')::oid, pg_catalog.to_regclass('"public"."solid_cache_state"')::oid, pg_catalog.to_regclass('"public"."solid_cache_tag_removals"')::oid, pg_catalog.to_regclass('"public"."solid_cache_invalidations"')::oid) THEN 0
      -- By which whoever makes something in it keeps it from being dropped.
      WHEN locks.classid = 'pg_catalog.pg_namespace'::regclass::oid AND locks.objid = pg_catalog.to_regnamespace('"public"')::oid THEN 1
      WHEN locks.locktype = 'relation' AND (locks.mode = 'AccessExclusiveLock' OR NOT EXISTS (SELECT FROM pg_catalog.pg_class AS seen WHERE seen.oid = locks.relation)) THEN 2
      ELSE 3
    END)
  FROM pg_catalog.pg_locks AS locks
  WHERE locks.granted
  GROUP BY locks.pid, locks.virtualtransaction
) AS holder (pid, virtualtransaction, written, rank)
WHERE (holder.written IS NOT NULL OR holder.rank = 0)
  AND holder.pid IS DISTINCT FROM pg_catalog.pg_backend_pid()
  AND pg_catalog.current_database() IN (
    SELECT activity.datname FROM pg_catalog.pg_stat_activity AS activity WHERE activity.pid = holder.pid
    UNION ALL
    SELECT prepared.database FROM pg_catalog.pg_prepared_xacts AS prepared WHERE holder.pid IS NULL AND prepared.transaction::text = holder.written
  )
ORDER BY holder.rank, holder.pid
LIMIT 5;
