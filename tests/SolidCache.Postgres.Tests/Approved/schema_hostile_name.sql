-- The schema of SolidCache.Postgres, version 6. It may run again, and beside other nodes.
BEGIN ISOLATION LEVEL READ COMMITTED;
-- No function or operator of another schema is a better fit than PostgreSQL's own. In blocks, since migration tools put the script into one, where a
-- SELECT needs a place for its result.
DO $solid_cache$
BEGIN
  PERFORM pg_catalog.set_config('solid_cache.search_path', pg_catalog.current_setting('search_path'), true);
  PERFORM pg_catalog.set_config('solid_cache.lock_timeout', pg_catalog.current_setting('lock_timeout'), true);
  PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
  IF pg_catalog.current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
    RAISE EXCEPTION 'What others make while this waits would not be seen in a transaction at %.', pg_catalog.current_setting('transaction_isolation')
      USING HINT = 'Run it at read committed.';
  END IF;
END
$solid_cache$;

-- In a block of its own: what is set in one that catches an error is undone with it.
DO $solid_cache$
BEGIN
  PERFORM pg_catalog.set_config('lock_timeout', '1min', true);
  PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended( E'solid_cache:"Ünï""co''dé\\"', 0));
  PERFORM pg_catalog.set_config('lock_timeout', pg_catalog.current_setting('solid_cache.lock_timeout'), true);
EXCEPTION WHEN lock_not_available THEN
  RAISE EXCEPTION 'The lock of the migration is held by %. If that is no node that is migrating, end it, or whom it waits for: SELECT pg_terminate_backend(<pid>).', (
    SELECT string_agg(name, ' and ')
    FROM (
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
        AND ((locks.classid::bigint << 32) | locks.objid::bigint) = pg_catalog.hashtextextended( E'solid_cache:"Ünï""co''dé\\"', 0)
        -- Of one number: a lock of two numbers that make the same is another.
        AND locks.objsubid = '1'::smallint
    ) AS holders (name)
  );
END
$solid_cache$;

-- Whose the tables and functions are, and what is on them that a superuser would run for somebody else: asked now, and again below.
DO $solid_cache$
BEGIN
  PERFORM pg_catalog.set_config('solid_cache.refuse_strangers', $solid_cache_question$
DO $solid_cache_strangers$
DECLARE
  given text;
  refusal text;
  advice text;
BEGIN
  -- What default privileges have given on a table that was not there before, and nobody needs.
  FOR given IN
    SELECT format('REVOKE TRIGGER, REFERENCES ON %s FROM %s', made.oid::regclass, CASE held.grantee WHEN 0 THEN 'PUBLIC' ELSE held.grantee::regrole::text END)
    FROM pg_class AS made
    CROSS JOIN LATERAL aclexplode(made.relacl) AS held
    WHERE made.oid IN (to_regclass( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"'), to_regclass( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_state"'), to_regclass( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_tag_removals"'), to_regclass( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_invalidations"'))
      AND made.oid::text <> ALL (string_to_array(current_setting('solid_cache.found'), ','))
      AND made.relowner IN (SELECT oid FROM pg_roles WHERE rolname = current_user)
      AND held.privilege_type IN ('TRIGGER', 'REFERENCES')
      AND held.grantee <> made.relowner
  LOOP
    EXECUTE given;
  END LOOP;

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
    WHERE nspname =  E'Ünï"co''dé\\'
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
  SELECT found.refusal, found.advice INTO refusal, advice
  FROM (
    SELECT
      1,
      format('A superuser does not work with the cache %s: %s, and who owns such a place can have those who work there do what he likes.',  E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"', unsafe.place),
      'Run this as a role without a superuser''s rights that may create in the schema, from its own login. What superusers have made there before is handed over as docs/security.md says, Superusers.'
    FROM (
      SELECT pg_catalog.string_agg(places.name || ' belongs to the role '::text || pg_catalog.pg_get_userbyid(places.owner)::text, ' and '::text) AS place
      FROM places
      CROSS JOIN me
      WHERE me.rolsuper
        AND places.owner NOT IN (SELECT oid FROM trusted)
    ) AS unsafe
    WHERE unsafe.place IS NOT NULL
    UNION ALL
    SELECT
      2,
      format('A table, function or type of the cache %s belongs to the role %s, who would read and change all that is in it.',  E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"', pg_get_userbyid(made.owner)),
      'If that role made it for this cache, run this as that role, or let a superuser hand it over (docs/security.md, Superusers). Else drop it, or choose another name.'
    FROM (
      -- One that a transaction's snapshot does not see was made by somebody since.
      SELECT coalesce(relowner, 0)
      FROM unnest(ARRAY[to_regclass( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"'), to_regclass( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_state"'), to_regclass( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_tag_removals"'), to_regclass( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_invalidations"')]) AS made (id)
      LEFT JOIN pg_class ON pg_class.oid = made.id
      WHERE made.id IS NOT NULL
      UNION ALL
      SELECT proowner
      FROM pg_proc
      WHERE pronamespace = to_regnamespace( E'"Ünï""co''dé\\"') AND proname IN ( E'x"; DROP TABLE {state}; --''\\_cleanup_expired',  E'x"; DROP TABLE {state}; --''\\_sweep_expired',  E'x"; DROP TABLE {state}; --''\\_is_fresh',  E'x"; DROP TABLE {state}; --''\\_stored_key',  E'x"; DROP TABLE {state}; --''\\_remove_keys',  E'x"; DROP TABLE {state}; --''\\_remove',  E'x"; DROP TABLE {state}; --''\\_remove_by_tag',  E'x"; DROP TABLE {state}; --''\\_template',  E'x"; DROP TABLE {state}; --''\\_key_of_row',  E'x"; DROP TABLE {state}; --''\\_removal',  E'x"; DROP TABLE {state}; --''\\_changed',  E'x"; DROP TABLE {state}; --''\\_remove_on_change',  E'x"; DROP TABLE {state}; --''\\_forget',  E'x"; DROP TABLE {state}; --''\\_log_change',  E'x"; DROP TABLE {state}; --''\\_log_changes') AND (pg_catalog.strpos(prosrc,  E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"') > 0 OR pg_catalog.strpos(prosrc,  E'"Ünï""co''''dé\\\\"."x""; DROP TABLE {state}; --''''\\\\"') > 0)
      UNION ALL
      SELECT type.typowner
      FROM pg_type AS type
      WHERE type.typname =  E'x"; DROP TABLE {state}; --''\\_sweep_count' AND type.typnamespace = pg_catalog.to_regnamespace( E'"Ünï""co''dé\\"')::oid
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_type AS element WHERE element.typarray = type.oid)
    ) AS made (owner)
    WHERE made.owner NOT IN (SELECT oid FROM trusted)
    UNION ALL
    SELECT
      3,
      format(
        'The table %s of the cache %s has what the library did not make and does not work with: %s.',
        made.relname,  E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"', CASE made.relkind WHEN 'r' THEN oddity.what ELSE 'another kind than that of an ordinary table' END),
      'Drop or revoke it.'
    FROM pg_class AS made
    LEFT JOIN LATERAL (
      SELECT 'the rule '::text || rulename::text AS what
      FROM pg_catalog.pg_rewrite
      WHERE ev_class = made.oid
        AND rulename <> '_RETURN'
      UNION ALL
      SELECT 'the trigger '::text || trigger.tgname::text || ' with a function of '::text || pg_catalog.pg_get_userbyid(called.proowner)::text
      FROM pg_catalog.pg_trigger AS trigger
      JOIN pg_catalog.pg_proc AS called ON called.oid = trigger.tgfoid
      WHERE trigger.tgrelid = made.oid
        AND NOT trigger.tgisinternal
        AND (
          (called.proowner <> made.relowner AND called.proowner NOT IN (SELECT oid FROM trusted))
          -- The library's own for the application's tables, of whichever cache: what it executes is its arguments, and whoever made the trigger chose them.
          OR pg_catalog.strpos(called.prosrc, 'EXECUTE keys_query'::text) > 0
          -- Who made it is written nowhere, and its condition may run SQL by a function of PostgreSQL's own.
          OR ((SELECT rolsuper FROM me) AND (trigger.tgqual IS NOT NULL OR called.proname <>  E'x"; DROP TABLE {state}; --''\\_log_change'::name))
        )
      UNION ALL
      -- By which anybody puts on the table what runs with the rights of who writes.
      SELECT 'the right '::text || held.privilege_type || ' of '::text || CASE held.grantee::text WHEN '0' THEN 'everybody'::text ELSE pg_catalog.pg_get_userbyid(held.grantee)::text END
      FROM (
        SELECT made.relacl
        UNION ALL
        SELECT attribute.attacl FROM pg_catalog.pg_attribute AS attribute WHERE attribute.attrelid = made.oid
      ) AS granted (list)
      CROSS JOIN LATERAL pg_catalog.aclexplode(granted.list) AS held
      WHERE (SELECT rolsuper FROM me)
        AND held.privilege_type IN ('TRIGGER', 'REFERENCES')
        AND held.grantee <> made.relowner
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
          SELECT made.oid
          UNION ALL
          SELECT index.indexrelid FROM pg_catalog.pg_index AS index WHERE index.indrelid = made.oid
          UNION ALL
          SELECT checked.oid FROM pg_catalog.pg_constraint AS checked WHERE checked.conrelid = made.oid
          UNION ALL
          SELECT given.oid FROM pg_catalog.pg_attrdef AS given WHERE given.adrelid = made.oid
          UNION ALL
          SELECT fired.oid FROM pg_catalog.pg_trigger AS fired WHERE fired.tgrelid = made.oid AND fired.tgqual IS NOT NULL
        )
        AND used.owner <> made.relowner
        AND used.owner NOT IN (SELECT oid FROM trusted)
      UNION ALL
      SELECT 'the child table '::text || child.relname::text
      FROM pg_catalog.pg_inherits AS inherits
      JOIN pg_catalog.pg_class AS child ON child.oid = inherits.inhrelid
      WHERE inherits.inhparent = made.oid
        AND made.relkind = 'r'
      UNION ALL
      SELECT 'that it is a partition or a child of '::text || parent.oid::regclass::text || ' (ALTER TABLE .. '::text
        || CASE WHEN made.relispartition THEN 'DETACH PARTITION'::text ELSE 'NO INHERIT'::text END || ')'::text
      FROM pg_catalog.pg_inherits AS inherits
      JOIN pg_catalog.pg_class AS parent ON parent.oid = inherits.inhparent
      WHERE inherits.inhrelid = made.oid
      UNION ALL
      SELECT 'that it is of the type '::text || type.typname::text || ' (ALTER TABLE .. NOT OF)'::text
      FROM pg_catalog.pg_type AS type
      WHERE type.oid = made.reloftype
      UNION ALL
      -- ON CONFLICT takes none.
      SELECT 'the constraint '::text || late.conname::text || ', which is deferrable (ALTER TABLE .. DROP CONSTRAINT '::text || pg_catalog.quote_ident(late.conname::text) || ', ADD '::text
        || pg_catalog.split_part(pg_catalog.pg_get_constraintdef(late.oid), ' DEFERRABLE'::text, 1) || ')'::text
      FROM pg_catalog.pg_constraint AS late
      WHERE late.conrelid = made.oid
        AND late.contype IN ('p', 'u')
        AND late.condeferrable
      UNION ALL
      -- What cascades calls the triggers of the other table, before PostgreSQL 18 with the rights of whoever removes here.
      SELECT 'the foreign key '::text || link.conname::text || ' of a table of '::text || pg_catalog.pg_get_userbyid(other.relowner)::text
      FROM pg_catalog.pg_constraint AS link
      JOIN pg_catalog.pg_class AS other ON other.oid = link.conrelid
      WHERE link.confrelid = made.oid
        AND ((SELECT rolsuper FROM me) OR (other.relowner <> made.relowner AND other.relowner NOT IN (SELECT oid FROM trusted)))
    ) AS oddity ON true
    WHERE made.oid IN (to_regclass( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"'), to_regclass( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_state"'), to_regclass( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_tag_removals"'), to_regclass( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_invalidations"'))
      AND (oddity.what IS NOT NULL OR made.relkind <> 'r')
  ) AS found (rank, refusal, advice)
  ORDER BY found.rank
  LIMIT 1;
  IF refusal IS NOT NULL THEN
    RAISE EXCEPTION '%', refusal USING HINT = advice;
  END IF;
END
$solid_cache_strangers$
$solid_cache_question$, true);
  -- What is there before.
  PERFORM pg_catalog.set_config('solid_cache.found', coalesce((SELECT string_agg(oid::text, ',') FROM pg_class WHERE oid IN (to_regclass( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"'), to_regclass( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_state"'), to_regclass( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_tag_removals"'), to_regclass( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_invalidations"'))), ''), true);
END
$solid_cache$;

DO $solid_cache$
BEGIN
  -- Whatever else stands there now was not this script: it runs in no transaction, or something of somebody's has run. Tools may have indented it.
  IF pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.translate(coalesce(pg_catalog.current_setting('solid_cache.refuse_strangers', true), ''), E' \t\r\n', ''), 'UTF8')), 'hex')
    OPERATOR(pg_catalog.<>) '467b3f64f25c9c3b4af8b07d4d3f92105a96592b0c4ff223ba530c3f5827e3e4' THEN
    RAISE EXCEPTION 'The look at whose the cache''s tables are is not that of this script.'
      USING HINT = 'Run the whole script in one transaction that ends with the first error: psql -v ON_ERROR_STOP=1 -v ON_ERROR_ROLLBACK=off.';
  END IF;
  EXECUTE pg_catalog.current_setting('solid_cache.refuse_strangers');
END
$solid_cache$;

DO $solid_cache$
DECLARE
  stranger text;
BEGIN
  -- Never touch what the library did not make.
  DECLARE
    other record;
  BEGIN
    SELECT wanted.*, replace(format_type(given.atttypid, given.atttypmod), '"', '') AS found INTO other
    FROM (
      VALUES
        ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"', 'expires_at', 'timestamp with time zone', 'expires_at timestamp with time zone', true),
        ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"', 'created_at', 'timestamp with time zone', 'created_at timestamp with time zone NOT NULL DEFAULT pg_catalog.now()', true),
        ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"', 'sliding_expiration', 'bigint', 'sliding_expiration bigint', true),
        ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"', 'absolute_expiration', 'timestamp with time zone', 'absolute_expiration timestamp with time zone', true),
        ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"', 'key', 'text', 'key text COLLATE "C"', true),
        ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"', 'value', 'bytea', 'value bytea', true),
        ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"', 'lease', 'bigint', 'lease bigint', false),
        ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"', 'lease_ends_at', 'timestamp with time zone', 'lease_ends_at timestamp with time zone', false),
        ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"', 'stale_for', 'bigint', 'stale_for bigint', false),
        ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"', 'tags', 'text[]', 'tags text[]', false),
        ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"', 'made_after', 'pg_snapshot', 'made_after pg_snapshot', false),
        ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"', 'compressed', 'bytea', 'compressed bytea', false),
        ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_state"', 'singleton', 'boolean', 'singleton boolean NOT NULL DEFAULT true', true),
        ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_state"', 'schema_version', 'integer', 'schema_version integer', true),
        ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_state"', 'minimum_library_version', 'integer', 'minimum_library_version integer', true),
        ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_state"', 'application', 'text', 'application text', false),
        ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_state"', 'sweep_holder', 'text', 'sweep_holder text', false),
        ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_state"', 'sweep_lease_ends_at', 'timestamp with time zone', 'sweep_lease_ends_at timestamp with time zone', false),
        ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_state"', 'sweep_next_block', 'bigint', 'sweep_next_block bigint NOT NULL DEFAULT 0', false),
        ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_state"', 'sweep_file', 'bigint', 'sweep_file bigint', false),
        ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_state"', 'sweep_deleted', 'bigint', 'sweep_deleted bigint NOT NULL DEFAULT 0', false),
        ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_state"', 'last_sweep_finished_at', 'timestamp with time zone', 'last_sweep_finished_at timestamp with time zone', false),
        ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_state"', 'last_sweep_deleted', 'bigint', 'last_sweep_deleted bigint', false),
        ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_state"', 'identity', 'uuid', 'identity uuid NOT NULL DEFAULT pg_catalog.gen_random_uuid()', false),
        ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_tag_removals"', 'tag', 'text', 'tag text COLLATE "C"', true),
        ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_tag_removals"', 'removed_by', 'xid8', 'removed_by xid8 NOT NULL DEFAULT pg_catalog.pg_current_xact_id()', true),
        ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_tag_removals"', 'swept_at', 'timestamp with time zone', 'swept_at timestamp with time zone', false),
        ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_invalidations"', 'transaction', 'xid8', 'transaction xid8 NOT NULL DEFAULT pg_catalog.pg_current_xact_id()', true),
        ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_invalidations"', 'keys', 'text[]', 'keys text[]', true),
        ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_invalidations"', 'epoch', 'uuid', 'epoch uuid', true),
        ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_invalidations"', 'written_at', 'timestamp with time zone', 'written_at timestamp with time zone NOT NULL DEFAULT pg_catalog.clock_timestamp()', false),
        ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_invalidations"', 'tags', 'text[]', 'tags text[]', false),
        ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_invalidations"', 'channel', 'text', 'channel text', false),
        ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_invalidations"', 'message', 'bytea', 'message bytea', false),
        ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_invalidations"', 'horizon', 'xid8', 'horizon xid8', false),
        ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_invalidations"', 'pruned_to', 'xid8', 'pruned_to xid8', false)
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
  SELECT proname INTO stranger
  FROM pg_catalog.pg_proc
  WHERE pronamespace = to_regnamespace( E'"Ünï""co''dé\\"')
    AND proname IN ( E'x"; DROP TABLE {state}; --''\\_cleanup_expired',  E'x"; DROP TABLE {state}; --''\\_sweep_expired',  E'x"; DROP TABLE {state}; --''\\_is_fresh',  E'x"; DROP TABLE {state}; --''\\_stored_key',  E'x"; DROP TABLE {state}; --''\\_remove_keys',  E'x"; DROP TABLE {state}; --''\\_remove',  E'x"; DROP TABLE {state}; --''\\_remove_by_tag',  E'x"; DROP TABLE {state}; --''\\_template',  E'x"; DROP TABLE {state}; --''\\_key_of_row',  E'x"; DROP TABLE {state}; --''\\_removal',  E'x"; DROP TABLE {state}; --''\\_changed',  E'x"; DROP TABLE {state}; --''\\_remove_on_change',  E'x"; DROP TABLE {state}; --''\\_forget',  E'x"; DROP TABLE {state}; --''\\_log_change',  E'x"; DROP TABLE {state}; --''\\_log_changes')
    AND NOT (pg_catalog.strpos(prosrc,  E'."x""; DROP TABLE {state}; --''\\"') > 0 OR pg_catalog.strpos(prosrc,  E'."x""; DROP TABLE {state}; --''''\\\\"') > 0)
  LIMIT 1;
  IF stranger IS NOT NULL THEN
    RAISE EXCEPTION 'A function % is there that is not one of SolidCache.Postgres. Choose another name for the cache.', stranger;
  END IF;
  DECLARE
    found text;
  BEGIN
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
    END INTO found
    FROM pg_catalog.pg_type AS type
    WHERE type.typname =  E'x"; DROP TABLE {state}; --''\\_sweep_count' AND type.typnamespace = pg_catalog.to_regnamespace( E'"Ünï""co''dé\\"')::oid
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_type AS element WHERE element.typarray = type.oid)
      AND NOT (type.typtype = 'd' AND type.typbasetype::text = '20'::text AND NOT type.typnotnull AND type.typdefault IS NULL
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint AS checked WHERE checked.contypid = type.oid));
    IF found IS NOT NULL THEN
      RAISE EXCEPTION '% is %, where the cache % needs a type of its own, a domain over bigint and no more.',  E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_sweep_count"', found,  E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"'
        USING HINT = format('Drop it, rename it, or choose another name for the cache: ALTER %s %s RENAME TO <another name>;', CASE WHEN pg_catalog.starts_with(found, 'a domain'::text) THEN 'DOMAIN'::text WHEN found IN ('a table'::text, 'a view'::text, 'a materialized view'::text, 'a foreign table'::text) THEN pg_catalog.upper(pg_catalog.substr(found, 3)) ELSE 'TYPE'::text END,  E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_sweep_count"');
    END IF;
  END;
END
$solid_cache$;

-- The entries, the state beside them, and the two ways to sweep from outside the application.
-- Every statement may run again without harm.

DO $solid_cache$
BEGIN
  IF to_regnamespace( E'"Ünï""co''dé\\"') IS NULL THEN
    CREATE SCHEMA "Ünï""co'dé\";
  END IF;
END
$solid_cache$;

-- No index but the primary key: one on expires_at would make every overwrite and every sliding touch a non-HOT update.
-- Fixed-width columns first, so that a read finds the expiry without walking over the key.
CREATE TABLE IF NOT EXISTS "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\" (
  expires_at          timestamptz NOT NULL,                -- 'infinity': never
  created_at          timestamptz NOT NULL DEFAULT now(),  -- of the last set
  sliding_expiration  bigint,                              -- microseconds; an interval's day has 25 hours once a year
  absolute_expiration timestamptz,                         -- the cap of a sliding expiration
  key                 text COLLATE "C" PRIMARY KEY,
  value               bytea NOT NULL
) USING heap WITH (
  -- Room for one more version of a row on its page, so that an overwrite stays there.
  fillfactor = 80,
  autovacuum_vacuum_scale_factor = 0.05,
  autovacuum_vacuum_threshold = 1000,
  -- Values over about 2 KB are stored in TOAST, which is never pruned in place: only vacuum frees its space.
  toast.autovacuum_vacuum_scale_factor = 0.05,
  toast.autovacuum_vacuum_threshold = 1000
);

-- One row: the version of the schema, and where the sweep stands.
CREATE TABLE IF NOT EXISTS "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_state" (
  singleton               boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  application             text,                            -- that last began to use the table without a key prefix
  schema_version          integer NOT NULL,
  minimum_library_version integer NOT NULL,                -- the oldest library schema version that can work with this one
  sweep_holder            text,                            -- who sweeps, while the lease lasts
  sweep_lease_ends_at     timestamptz,
  sweep_next_block        bigint NOT NULL DEFAULT 0,       -- where a pass goes on that was cut short
  sweep_file              bigint,                          -- the file of the table whose block that is: VACUUM FULL makes another
  sweep_deleted           bigint NOT NULL DEFAULT 0,       -- by the pass under way
  last_sweep_finished_at  timestamptz,
  last_sweep_deleted      bigint
) USING heap;

-- Who made one of them meanwhile could have put a trigger on it, which the statements below would call.
DO $solid_cache$
BEGIN
  -- Whatever else stands there now was not this script: it runs in no transaction, or something of somebody's has run. Tools may have indented it.
  IF pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.translate(coalesce(pg_catalog.current_setting('solid_cache.refuse_strangers', true), ''), E' \t\r\n', ''), 'UTF8')), 'hex')
    OPERATOR(pg_catalog.<>) '467b3f64f25c9c3b4af8b07d4d3f92105a96592b0c4ff223ba530c3f5827e3e4' THEN
    RAISE EXCEPTION 'The look at whose the cache''s tables are is not that of this script.'
      USING HINT = 'Run the whole script in one transaction that ends with the first error: psql -v ON_ERROR_STOP=1 -v ON_ERROR_ROLLBACK=off.';
  END IF;
  EXECUTE pg_catalog.current_setting('solid_cache.refuse_strangers');
END
$solid_cache$;

-- A number of entries or blocks. Nobody else may use the type, so that no overload of somebody else's takes it: a call with an argument of it means ours.
DO $solid_cache$
DECLARE
  holder text;
BEGIN
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_type AS type WHERE type.typname =  E'x"; DROP TABLE {state}; --''\\_sweep_count' AND type.typnamespace = pg_catalog.to_regnamespace( E'"Ünï""co''dé\\"')::oid AND NOT EXISTS (SELECT FROM pg_catalog.pg_type AS element WHERE element.typarray = type.oid)) THEN
    CREATE DOMAIN "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_sweep_count" AS bigint;
  END IF;
  DECLARE
    found text;
  BEGIN
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
    END INTO found
    FROM pg_catalog.pg_type AS type
    WHERE type.typname =  E'x"; DROP TABLE {state}; --''\\_sweep_count' AND type.typnamespace = pg_catalog.to_regnamespace( E'"Ünï""co''dé\\"')::oid
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_type AS element WHERE element.typarray = type.oid)
      AND NOT (type.typtype = 'd' AND type.typbasetype::text = '20'::text AND NOT type.typnotnull AND type.typdefault IS NULL
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint AS checked WHERE checked.contypid = type.oid));
    IF found IS NOT NULL THEN
      RAISE EXCEPTION '% is %, where the cache % needs a type of its own, a domain over bigint and no more.',  E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_sweep_count"', found,  E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"'
        USING HINT = format('Drop it, rename it, or choose another name for the cache: ALTER %s %s RENAME TO <another name>;', CASE WHEN pg_catalog.starts_with(found, 'a domain'::text) THEN 'DOMAIN'::text WHEN found IN ('a table'::text, 'a view'::text, 'a materialized view'::text, 'a foreign table'::text) THEN pg_catalog.upper(pg_catalog.substr(found, 3)) ELSE 'TYPE'::text END,  E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_sweep_count"');
    END IF;
  END;
  -- What this transaction cannot see, somebody has made since it began.
  IF coalesce((SELECT typowner FROM pg_catalog.pg_type WHERE oid = to_regtype( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_sweep_count"')), 0) NOT IN (
    SELECT relowner FROM pg_catalog.pg_class WHERE oid = to_regclass( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"')
    UNION ALL
    SELECT oid FROM pg_catalog.pg_roles WHERE rolname = current_user
  ) THEN
    RAISE EXCEPTION 'The type % belongs to another role than the table %. Let that role or a superuser drop it: DROP DOMAIN %;',
       E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_sweep_count"',  E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"',  E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_sweep_count"';
  END IF;
  -- What everybody has by default, and what default privileges give.
  FOR holder IN
    SELECT CASE held.grantee WHEN 0 THEN 'PUBLIC' ELSE held.grantee::regrole::text END
    FROM pg_catalog.pg_type AS type
    CROSS JOIN LATERAL aclexplode(coalesce(type.typacl, acldefault('T', type.typowner))) AS held
    WHERE type.oid = to_regtype( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_sweep_count"')
      AND held.grantee <> type.typowner
  LOOP
    EXECUTE format('REVOKE ALL ON DOMAIN %s FROM %s CASCADE',  E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_sweep_count"', holder);
  END LOOP;
END
$solid_cache$;

-- In the first days their arguments were of a type that everybody may use: beside those, calls would be ambiguous.
DO $solid_cache$
BEGIN
  IF EXISTS (
    SELECT
    FROM pg_catalog.pg_proc
    WHERE pronamespace = to_regnamespace( E'"Ünï""co''dé\\"')
      AND proname =  E'x"; DROP TABLE {state}; --''\\_cleanup_expired'
      AND proargtypes::text = '20'
      AND strpos(prosrc,  E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"') > 0
  ) THEN
    DROP FUNCTION "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_cleanup_expired"(bigint);
    DROP PROCEDURE IF EXISTS "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_sweep_expired"(integer, double precision, bigint);
  END IF;
END
$solid_cache$;

-- Deletes expired entries in one transaction, at most so many when told, and returns how many.
CREATE OR REPLACE FUNCTION "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_cleanup_expired"(maximum "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_sweep_count" DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $solid_cache$
DECLARE
  deleted bigint;
  called text;
  lock_wait CONSTANT text := current_setting('lock_timeout');
BEGIN
  -- A schema that is renamed takes this along, and another cache may have the schema's old name by now: its table is not this function's.
  GET DIAGNOSTICS called = PG_CONTEXT;
  IF NOT (strpos(called, format('%I.%I(',  E'Ünï"co''dé\\',  E'x"; DROP TABLE {state}; --''\\_cleanup_expired')) > 0 AND strpos(split_part(called, format('%I.%I(',  E'Ünï"co''dé\\',  E'x"; DROP TABLE {state}; --''\\_cleanup_expired'), 1), chr(10)) = 0 AND split_part(called, format('%I.%I(',  E'Ünï"co''dé\\',  E'x"; DROP TABLE {state}; --''\\_cleanup_expired'), 1) ~ '(^|[^a-z0-9_".]| ")$') THEN
    RAISE EXCEPTION 'The schema of this function was renamed after it was made for %: nothing is swept.',  E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"'
      USING HINT = 'Start the application with the new name of the schema, or run solid-cache migrate.';
  END IF;

  -- By an array, as they are locked once: by a join, where the table is taken for empty, each would be held against each. And by the place of the version that was looked at: of a newer
  -- one, which a set has put there since, this statement could not tell whether its tags were removed, and it stays.
  DELETE FROM ONLY "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\" AS entry
  WHERE ctid = ANY (ARRAY(
    SELECT ctid
    FROM ONLY "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\" AS entry
    WHERE (greatest(entry.expires_at, (least(entry.expires_at, '250000-01-01'::timestamptz) + least(greatest(entry.stale_for, 0), 31536000000000000)::float8 * interval '1 microsecond'), entry.lease_ends_at) <= now() OR NOT (entry.tags IS NULL OR "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_is_fresh"(entry.tags, entry.made_after, NULL::"Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_sweep_count")))
    LIMIT maximum
    FOR UPDATE SKIP LOCKED
  ))
    AND (greatest(entry.expires_at, (least(entry.expires_at, '250000-01-01'::timestamptz) + least(greatest(entry.stale_for, 0), 31536000000000000)::float8 * interval '1 microsecond'), entry.lease_ends_at) <= now() OR NOT (entry.tags IS NULL OR "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_is_fresh"(entry.tags, entry.made_after, NULL::"Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_sweep_count")));
  GET DIAGNOSTICS deleted = ROW_COUNT;

  IF maximum IS NULL THEN
    BEGIN
    PERFORM pg_catalog.set_config('lock_timeout', '100ms', true);
    UPDATE "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_state"
    SET last_sweep_finished_at = clock_timestamp(),
        last_sweep_deleted = deleted
    WHERE true;
    PERFORM pg_catalog.set_config('lock_timeout', lock_wait, true);
  EXCEPTION WHEN lock_not_available THEN
    NULL;
  END;
  IF has_table_privilege( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_tag_removals"', 'DELETE') THEN
    WITH noted AS (
  UPDATE "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_tag_removals" SET swept_at = now() WHERE ctid = ANY (ARRAY(SELECT ctid FROM "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_tag_removals" WHERE swept_at IS NULL FOR UPDATE SKIP LOCKED))
)
DELETE FROM "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_tag_removals" AS removal
WHERE removal.ctid = ANY (ARRAY(
  SELECT removal.ctid
  FROM "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_tag_removals" AS removal
  WHERE removal.swept_at < now() - interval '10 minutes'
    AND pg_catalog.age(removal.xmin) > pg_catalog.age(pg_catalog.xid(pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot())))
    AND NOT EXISTS (
      SELECT
      FROM ONLY "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\" AS entry
      WHERE entry.tags OPERATOR(pg_catalog.@>) ARRAY[removal.tag]
        AND NOT pg_catalog.pg_visible_in_snapshot(removal.removed_by, entry.made_after)
    )
  FOR UPDATE OF removal SKIP LOCKED
));
  END IF;
  END IF;

  RETURN deleted;
END
$solid_cache$;

-- Deletes all expired entries, a slice of blocks a transaction, and commits in between. Call it outside a transaction.
CREATE OR REPLACE PROCEDURE "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_sweep_expired"(
  blocks_per_slice "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_sweep_count" DEFAULT 64,
  pause_seconds double precision DEFAULT 0.01,
  INOUT deleted bigint DEFAULT 0
)
LANGUAGE plpgsql
AS $solid_cache$
DECLARE
  next_block bigint := 0;
  block_count bigint;
  slice_deleted bigint;
  called pg_catalog.text;
  lock_wait pg_catalog.text;
BEGIN
  -- A procedure with a search_path of its own may not commit, so each transaction sets it anew before it looks anything up.
  PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
  IF blocks_per_slice IS NULL OR blocks_per_slice < 1 THEN
    RAISE EXCEPTION 'blocks_per_slice is %, but must be at least 1', blocks_per_slice USING ERRCODE = 'invalid_parameter_value';
  END IF;

  -- As in the function; but where the caller's search_path led here, PostgreSQL leaves the schema out.
  GET DIAGNOSTICS called = PG_CONTEXT;
  IF NOT (strpos(called, format('%I.%I(',  E'Ünï"co''dé\\',  E'x"; DROP TABLE {state}; --''\\_sweep_expired')) > 0 AND strpos(split_part(called, format('%I.%I(',  E'Ünï"co''dé\\',  E'x"; DROP TABLE {state}; --''\\_sweep_expired'), 1), chr(10)) = 0 AND split_part(called, format('%I.%I(',  E'Ünï"co''dé\\',  E'x"; DROP TABLE {state}; --''\\_sweep_expired'), 1) ~ '(^|[^a-z0-9_".]| ")$') AND NOT (strpos(called, format('%I(',  E'x"; DROP TABLE {state}; --''\\_sweep_expired')) > 0 AND strpos(split_part(called, format('%I(',  E'x"; DROP TABLE {state}; --''\\_sweep_expired'), 1), chr(10)) = 0 AND split_part(called, format('%I(',  E'x"; DROP TABLE {state}; --''\\_sweep_expired'), 1) ~ '(^|[^a-z0-9_".]| ")$') THEN
    RAISE EXCEPTION 'The schema of this procedure was renamed after it was made for %: nothing is swept.',  E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"'
      USING HINT = 'Start the application with the new name of the schema, or run solid-cache migrate.';
  END IF;

  deleted := 0;
  LOOP
    block_count := pg_relation_size( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"') / current_setting('block_size')::bigint;
    EXIT WHEN next_block >= block_count;

    DELETE FROM ONLY "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\" AS entry
    WHERE ctid = ANY (ARRAY(
      SELECT ctid
      FROM ONLY "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\" AS entry
      WHERE ctid >= format('(%s,0)', next_block)::tid
        AND ctid < format('(%s,0)', next_block + blocks_per_slice)::tid
        AND (greatest(entry.expires_at, (least(entry.expires_at, '250000-01-01'::timestamptz) + least(greatest(entry.stale_for, 0), 31536000000000000)::float8 * interval '1 microsecond'), entry.lease_ends_at) <= now() OR NOT (entry.tags IS NULL OR "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_is_fresh"(entry.tags, entry.made_after, NULL::"Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_sweep_count")))
      FOR UPDATE SKIP LOCKED
    ))
      AND (greatest(entry.expires_at, (least(entry.expires_at, '250000-01-01'::timestamptz) + least(greatest(entry.stale_for, 0), 31536000000000000)::float8 * interval '1 microsecond'), entry.lease_ends_at) <= now() OR NOT (entry.tags IS NULL OR "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_is_fresh"(entry.tags, entry.made_after, NULL::"Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_sweep_count")));
    GET DIAGNOSTICS slice_deleted = ROW_COUNT;
    deleted := deleted + slice_deleted;
    next_block := next_block + blocks_per_slice;
    COMMIT;
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

    -- Only after work: a pause for each slice of a table without expired entries would make it slow for nothing.
    IF slice_deleted > 0 THEN
      PERFORM pg_catalog.pg_sleep(pause_seconds);
    END IF;
  END LOOP;

  lock_wait := current_setting('lock_timeout');
  BEGIN
    PERFORM pg_catalog.set_config('lock_timeout', '100ms', true);
    UPDATE "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_state"
    SET last_sweep_finished_at = clock_timestamp(),
        last_sweep_deleted = deleted
    WHERE true;
    PERFORM pg_catalog.set_config('lock_timeout', lock_wait, true);
  EXCEPTION WHEN lock_not_available THEN
    NULL;
  END;
  IF has_table_privilege( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_tag_removals"', 'DELETE') THEN
    WITH noted AS (
  UPDATE "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_tag_removals" SET swept_at = now() WHERE ctid = ANY (ARRAY(SELECT ctid FROM "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_tag_removals" WHERE swept_at IS NULL FOR UPDATE SKIP LOCKED))
)
DELETE FROM "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_tag_removals" AS removal
WHERE removal.ctid = ANY (ARRAY(
  SELECT removal.ctid
  FROM "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_tag_removals" AS removal
  WHERE removal.swept_at < now() - interval '10 minutes'
    AND pg_catalog.age(removal.xmin) > pg_catalog.age(pg_catalog.xid(pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot())))
    AND NOT EXISTS (
      SELECT
      FROM ONLY "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\" AS entry
      WHERE entry.tags OPERATOR(pg_catalog.@>) ARRAY[removal.tag]
        AND NOT pg_catalog.pg_visible_in_snapshot(removal.removed_by, entry.made_after)
    )
  FOR UPDATE OF removal SKIP LOCKED
));
  END IF;
END
$solid_cache$;

INSERT INTO "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_state" (schema_version, minimum_library_version)
VALUES (1, 1)
ON CONFLICT (singleton) DO NOTHING;

DO $solid_cache$
DECLARE
  found integer;
BEGIN
  SELECT schema_version INTO found FROM "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_state";
  IF found > 6 THEN
    RAISE EXCEPTION 'The schema has version % already; this script leads to version 6.', found;
  END IF;
END
$solid_cache$;

-- Who may fill an entry that is not there, what is served while it is made anew, and which entries belong together.
-- Columns without a default: no row is rewritten, and the lock lasts as long as a look at the catalog.
ALTER TABLE "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\"
  ADD COLUMN IF NOT EXISTS lease         bigint,       -- of whoever makes the value now, and may store it as long as this stands here
  ADD COLUMN IF NOT EXISTS lease_ends_at timestamptz,
  ADD COLUMN IF NOT EXISTS stale_for     bigint,       -- microseconds after its end for which the value may be served while another is made
  ADD COLUMN IF NOT EXISTS tags          text[],
  ADD COLUMN IF NOT EXISTS made_after    pg_snapshot;  -- of a tagged entry: the removals of tags that whoever made it had seen

-- One row for each removal of a tag: an entry that was not made after it is gone, from the moment its transaction commits. Rows are only ever added,
-- so that two transactions that remove the same tag do not wait for each other; the sweep deletes the entries, and then the row.
CREATE TABLE IF NOT EXISTS "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_tag_removals" (
  tag        text COLLATE "C" NOT NULL,
  removed_by xid8 NOT NULL DEFAULT pg_catalog.pg_current_xact_id(),
  swept_at   timestamptz,                              -- when its entries were deleted first; what was under way then may bring a last one
  PRIMARY KEY (tag, removed_by)
) USING heap;

DO $solid_cache$
BEGIN
  -- Whatever else stands there now was not this script: it runs in no transaction, or something of somebody's has run. Tools may have indented it.
  IF pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.translate(coalesce(pg_catalog.current_setting('solid_cache.refuse_strangers', true), ''), E' \t\r\n', ''), 'UTF8')), 'hex')
    OPERATOR(pg_catalog.<>) '467b3f64f25c9c3b4af8b07d4d3f92105a96592b0c4ff223ba530c3f5827e3e4' THEN
    RAISE EXCEPTION 'The look at whose the cache''s tables are is not that of this script.'
      USING HINT = 'Run the whole script in one transaction that ends with the first error: psql -v ON_ERROR_STOP=1 -v ON_ERROR_ROLLBACK=off.';
  END IF;
  EXECUTE pg_catalog.current_setting('solid_cache.refuse_strangers');
END
$solid_cache$;

-- Whether no tag of an entry was removed since it was made. A removal counts by its transaction: whoever could not see it committed has made the entry from
-- what was there before. What is not of this server's past, as after a restore from a dump, tells nothing, and counts as removed. A function, since a subquery
-- would cost every read of an entry without tags a quarter more; and with its owner's rights, so that to read takes no right on the removals.
-- An argument of the cache's own type, which nobody else may use: beside an overload of somebody else's, every read would be ambiguous.
CREATE OR REPLACE FUNCTION "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_is_fresh"(tags text[], made_after pg_snapshot, own "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_sweep_count")
RETURNS boolean
LANGUAGE sql
STABLE
PARALLEL SAFE
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $solid_cache$
  SELECT pg_snapshot_xmax(made_after) <= pg_snapshot_xmax(pg_current_snapshot())
    AND NOT EXISTS (
      SELECT
      FROM "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_tag_removals" AS removal
      WHERE removal.tag = ANY (tags)
        AND NOT pg_visible_in_snapshot(removal.removed_by, made_after)
    )
    AND  E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"' IS NOT NULL -- whose function it is
$solid_cache$;

-- The first tells a transaction of this database from one of another that has a cache of the same name. Tables of the first days lack the second.
ALTER TABLE "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_state"
  ADD COLUMN IF NOT EXISTS identity    uuid NOT NULL DEFAULT pg_catalog.gen_random_uuid(),
  ADD COLUMN IF NOT EXISTS application text;

-- Rows without tags are not in it, and stay HOT. On a large table it is made by itself, without a lock: see TagIndex.
DO $solid_cache$
BEGIN
  IF pg_catalog.pg_relation_size( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"'::pg_catalog.regclass) < 16 * 1024 * 1024 AND NOT EXISTS (
    SELECT
    FROM pg_catalog.pg_index AS found
    JOIN pg_catalog.pg_class AS made ON made.oid OPERATOR(pg_catalog.=) found.indexrelid
    JOIN pg_catalog.pg_namespace AS home ON home.oid OPERATOR(pg_catalog.=) made.relnamespace
    JOIN pg_catalog.pg_am AS method ON method.oid OPERATOR(pg_catalog.=) made.relam
    JOIN pg_catalog.pg_attribute AS indexed ON indexed.attrelid OPERATOR(pg_catalog.=) found.indrelid AND indexed.attnum OPERATOR(pg_catalog.=) found.indkey[0]
    WHERE found.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"')::pg_catalog.oid
      AND method.amname OPERATOR(pg_catalog.=) 'gin'
      AND indexed.attname OPERATOR(pg_catalog.=) 'tags'
  ) THEN
    -- Its name may be somebody else's.
    IF to_regclass( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_tags_idx"') IS NULL THEN
      CREATE INDEX "x""; DROP TABLE {state}; --'\_tags_idx" ON "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\" USING gin (tags) WHERE tags IS NOT NULL;
    ELSE
      CREATE INDEX ON "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\" USING gin (tags) WHERE tags IS NOT NULL;
    END IF;
  END IF;
END
$solid_cache$;

UPDATE "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_state" SET schema_version = 2 WHERE schema_version < 2;

-- Removal by whoever changes the data, in his own transaction: by a call from psql and other languages, and by triggers.
-- What they call of one another has an argument of the cache's own type, and all arguments are of the types that it takes, so that no overload of somebody else's fits.
-- A function knows its name by how PostgreSQL first wrote it in a session: without needless quotes, whatever the session wants.
-- All of them run with the rights of their caller, and leave what the library's own removal in a transaction leaves: see RemovalBarrier.

-- The key under which an entry stands in the table, as KeySpace maps it.
CREATE OR REPLACE FUNCTION "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_stored_key"(key text, prefix text DEFAULT NULL, own "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_sweep_count" DEFAULT NULL)
RETURNS text
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $solid_cache$
DECLARE
  cache CONSTANT text :=  E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"';
  lead text := CASE WHEN prefix IS NOT NULL THEN prefix || '^' WHEN strpos(key, '^') > 0 THEN '^' ELSE '' END;
  room integer := 1024 - octet_length(lead);
  bytes bytea;
BEGIN
  IF key IS NULL THEN
    RETURN NULL;
  ELSIF octet_length(prefix) NOT BETWEEN 1 AND 128 OR strpos(prefix, '^') > 0 THEN
    RAISE EXCEPTION '''%'' is not a key prefix of the cache %: it must have 1 to 128 bytes, without ''^''.', prefix, cache USING ERRCODE = 'invalid_parameter_value';
  END IF;

  IF octet_length(key) <= room AND (strpos(key, '#sha256:') = 0 OR left(right(key, 72), 8) <> '#sha256:' OR translate(right(key, 64), '0123456789abcdef', '') <> '') THEN
    RETURN lead || key;
  END IF;

  -- Its readable start, cut before a character that does not fit. Bytes 80 to BF go on with the character before them.
  bytes := convert_to(key, 'UTF8');
  room := least(room - 72, octet_length(bytes));
  WHILE room < octet_length(bytes) AND get_byte(bytes, room) BETWEEN 128 AND 191 LOOP
    room := room - 1;
  END LOOP;

  -- The units of UTF-16, the low byte first, are what the library hashes.
  RETURN lead || convert_from(substr(bytes, 1, room), 'UTF8') || '#sha256:' || (
    SELECT encode(sha256(coalesce(string_agg(
      CASE
        WHEN code < 65536 THEN substr(int4send(((code & 255) << 8) | (code >> 8)), 3)
        ELSE int4send(((high & 255) << 24) | ((high >> 8) << 16) | ((low & 255) << 8) | (low >> 8))
      END, '' ORDER BY place), '')), 'hex')
    FROM unnest(string_to_array(key, NULL)) WITH ORDINALITY AS letter (letter, place)
    CROSS JOIN LATERAL ascii(letter) AS code
    CROSS JOIN LATERAL (SELECT 55296 + ((code - 65536) >> 10) AS high, 56320 + ((code - 65536) & 1023) AS low) AS pair);
END
$solid_cache$;

-- Removes entries when the transaction commits; a key that is null, nothing.
CREATE OR REPLACE FUNCTION "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_remove_keys"(keys text[], prefix text DEFAULT NULL, own "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_sweep_count" DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $solid_cache$
DECLARE
  called text;
BEGIN
  GET DIAGNOSTICS called = PG_CONTEXT;
  IF NOT (strpos(called, format('%I.',  E'Ünï"co''dé\\')) > 0 AND strpos(split_part(called, format('%I.',  E'Ünï"co''dé\\'), 1), chr(10)) = 0 AND split_part(called, format('%I.',  E'Ünï"co''dé\\'), 1) ~ '(^|[^a-z0-9_".]| ")$') THEN
    RAISE EXCEPTION 'The schema of this function was renamed after it was made for %: nothing is removed.',  E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"'
      USING HINT = 'Start the application with the new name of the schema, or run solid-cache migrate.';
  END IF;

  INSERT INTO "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\" AS entry (expires_at, key, value)
  SELECT '-infinity', removed.key, ''
  FROM (
    SELECT DISTINCT "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_stored_key"(given.key, prefix, NULL::"Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_sweep_count") COLLATE "C" AS key
    FROM unnest(keys) AS given (key)
    WHERE given.key IS NOT NULL
  ) AS removed
  ORDER BY removed.key
  ON CONFLICT (key) DO UPDATE SET
  expires_at = '-infinity',
  created_at = excluded.created_at,
  sliding_expiration = NULL,
  absolute_expiration = NULL,
  value = '',
  compressed = NULL,
  lease = NULL,
  lease_ends_at = NULL,
  stale_for = NULL,
  tags = NULL,
  made_after = NULL;
END
$solid_cache$;

CREATE OR REPLACE FUNCTION "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_remove"(key text, prefix text DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $solid_cache$
DECLARE
  called text;
BEGIN
  GET DIAGNOSTICS called = PG_CONTEXT;
  IF NOT (strpos(called, format('%I.',  E'Ünï"co''dé\\')) > 0 AND strpos(split_part(called, format('%I.',  E'Ünï"co''dé\\'), 1), chr(10)) = 0 AND split_part(called, format('%I.',  E'Ünï"co''dé\\'), 1) ~ '(^|[^a-z0-9_".]| ")$') THEN
    RAISE EXCEPTION 'The schema of this function was renamed after it was made for %: nothing is removed.',  E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"'
      USING HINT = 'Start the application with the new name of the schema, or run solid-cache migrate.';
  END IF;

  PERFORM "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_remove_keys"(ARRAY[key], prefix, NULL::"Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_sweep_count");
END
$solid_cache$;

-- Removes all entries of a tag when the transaction commits; of one that is null, nothing.
CREATE OR REPLACE FUNCTION "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_remove_by_tag"(tag text, prefix text DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $solid_cache$
#variable_conflict use_column
DECLARE
  stored text := "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_stored_key"($1, $2, NULL::"Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_sweep_count");
  called text;
BEGIN
  GET DIAGNOSTICS called = PG_CONTEXT;
  IF NOT (strpos(called, format('%I.',  E'Ünï"co''dé\\')) > 0 AND strpos(split_part(called, format('%I.',  E'Ünï"co''dé\\'), 1), chr(10)) = 0 AND split_part(called, format('%I.',  E'Ünï"co''dé\\'), 1) ~ '(^|[^a-z0-9_".]| ")$') THEN
    RAISE EXCEPTION 'The schema of this function was renamed after it was made for %: nothing is removed.',  E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"'
      USING HINT = 'Start the application with the new name of the schema, or run solid-cache migrate.';
  END IF;

  INSERT INTO "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_tag_removals" (tag)
  SELECT stored
  WHERE stored IS NOT NULL
  ON CONFLICT (tag, removed_by) DO UPDATE SET swept_at = NULL;
END
$solid_cache$;

-- A template as what stands before its first column, that column, what stands after it, the next column, and so on.
CREATE OR REPLACE FUNCTION "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_template"(table_name regclass, template text, own "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_sweep_count")
RETURNS text[]
LANGUAGE plpgsql
STABLE
SET search_path = pg_catalog, pg_temp
AS $solid_cache$
DECLARE
  cache CONSTANT text :=  E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"';
  piece text;
  parts text[] := ARRAY[''];
BEGIN
  FOR piece IN SELECT match[1] FROM regexp_matches(template, '[{][{]|[}][}]|[{][^{}]+[}]|[^{}]+|.', 'g') AS match LOOP
    IF piece IN ('{', '}') THEN
      RAISE EXCEPTION 'The template ''%'' of the cache % has a brace without its other half.', template, cache
        USING ERRCODE = 'invalid_parameter_value', HINT = 'A column stands in braces; a brace that is part of the key is written twice.';
    ELSIF left(piece, 1) <> '{' OR piece = '{{' THEN
      parts[array_length(parts, 1)] := parts[array_length(parts, 1)] || CASE piece WHEN '{{' THEN '{' WHEN '}}' THEN '}' ELSE piece END;
    ELSE
      piece := substr(piece, 2, length(piece) - 2);
      parts := parts || piece::text || ''::text;
      IF NOT EXISTS (
        SELECT
        FROM pg_attribute
        WHERE attrelid = table_name
          AND attname = piece
          AND attnum > 0
          AND NOT attisdropped
          AND attgenerated <> 'v'
      ) THEN
        RAISE EXCEPTION 'The template ''%'' of the cache % names ''%'', which is no stored column of %.', template, cache, piece, table_name
          USING ERRCODE = 'undefined_column',
            HINT = format('If the column was renamed or dropped: SELECT %s(%L, %L); and install the triggers with a template of today.',  E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_forget"', table_name, template);
      END IF;
    END IF;
  END LOOP;
  RETURN parts;
END
$solid_cache$;

-- What makes a key of a row in a statement that reads nothing else, null where one of the template's columns is. It reads no other column: they may be large, or hold what JSON
-- cannot. The columns stand by themselves: behind the name of the row, one that is not there any more could be a function of it.
CREATE OR REPLACE FUNCTION "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_key_of_row"(parts text[], own "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_sweep_count")
RETURNS text
LANGUAGE plpgsql
IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $solid_cache$
DECLARE
  cache CONSTANT text :=  E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"';
BEGIN
  IF parts[1] IS NULL THEN
    RAISE EXCEPTION 'This is no template of the cache %.', cache USING ERRCODE = 'invalid_parameter_value';
  END IF;

  RETURN (
    SELECT string_agg(CASE place % 2 WHEN 1 THEN quote_literal(part) ELSE format('(to_jsonb(%I) #>> ''{}''::text[])', part) END, ' || ' ORDER BY place)
    FROM unnest(parts) WITH ORDINALITY AS piece (part, place));
END
$solid_cache$;

-- What a trigger does: removes some keys; all that the template could make, where they are null, since the table was truncated.
CREATE OR REPLACE FUNCTION "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_removal"(table_name regclass, template text, prefix text, keys text[], own "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_sweep_count")
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $solid_cache$
DECLARE
  parts text[];
  start text;
BEGIN
  IF keys IS NULL THEN
    parts := "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_template"(table_name, template, NULL::"Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_sweep_count");
  END IF;

  IF keys IS NOT NULL OR array_length(parts, 1) = 1 THEN
    PERFORM "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_remove_keys"(coalesce(keys, parts), prefix, NULL::"Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_sweep_count");
    RETURN;
  END IF;

  -- Their snapshot is older than the lock on the table: what was stored since, of rows that TRUNCATE takes away all the same, they cannot see.
  IF current_setting('transaction_isolation') IN ('repeatable read', 'serializable') THEN
    RAISE EXCEPTION 'TRUNCATE of % in a transaction at % cannot remove from the cache % what was stored since its first statement.',
      table_name, current_setting('transaction_isolation'),  E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"'
      USING ERRCODE = 'feature_not_supported', HINT = 'Truncate at read committed, or use DELETE.';
  END IF;

  -- An entry that is not there needs no barrier: nobody reads the table between the lock of the TRUNCATE and its commit.
  -- No stored key is longer than 256 of the last of all characters. Without a prefix, a key with a '^' stands behind one.
  FOREACH start IN ARRAY CASE WHEN prefix IS NOT NULL THEN ARRAY[prefix || '^' || parts[1]] WHEN strpos(parts[1], '^') > 0 THEN ARRAY['^' || parts[1]] ELSE ARRAY[parts[1], '^' || parts[1]] END LOOP
    DELETE FROM ONLY "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\" AS entry
    WHERE entry.key = ANY (ARRAY(
      SELECT key
      FROM ONLY "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\"
      WHERE key BETWEEN start AND start || repeat(chr(1114111), 256)
        AND (strpos(start, '^') > 0 OR strpos(key, '^') = 0)
        AND (made_after IS NULL OR true)
      ORDER BY key
      FOR UPDATE
    ));
  END LOOP;
END
$solid_cache$;

-- A column becomes text as JSON writes it, and in one way, whatever the settings of who changes it.
CREATE OR REPLACE FUNCTION "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_changed"()
RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
SET timezone = 'UTC'
SET datestyle = 'ISO, YMD'
SET intervalstyle = 'postgres'
SET bytea_output = 'hex'
SET extra_float_digits = 1
SET lc_monetary = 'C'
AS $solid_cache$
#variable_conflict use_variable -- The rows' columns may have any name.
DECLARE
  template CONSTANT text := TG_ARGV[0];
  prefix CONSTANT text := nullif(TG_ARGV[1], '');
  keys_query CONSTANT text := TG_ARGV[CASE TG_OP WHEN 'INSERT' THEN 3 WHEN 'UPDATE' THEN 4 WHEN 'DELETE' THEN 5 END];
  keys text[];
  called text;
BEGIN
  IF TG_ARGV[2] = 'warn' THEN
    BEGIN
      GET DIAGNOSTICS called = PG_CONTEXT;
  IF NOT (strpos(called, format('%I.',  E'Ünï"co''dé\\')) > 0 AND strpos(split_part(called, format('%I.',  E'Ünï"co''dé\\'), 1), chr(10)) = 0 AND split_part(called, format('%I.',  E'Ünï"co''dé\\'), 1) ~ '(^|[^a-z0-9_".]| ")$') THEN
    RAISE EXCEPTION 'The schema of this function was renamed after it was made for %: nothing is removed.',  E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"'
      USING HINT = 'Start the application with the new name of the schema, or run solid-cache migrate.';
  END IF;

  IF TG_OP <> 'TRUNCATE' THEN
    BEGIN
      EXECUTE keys_query INTO keys USING OLD, NEW;
    EXCEPTION WHEN undefined_column THEN
      PERFORM "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_template"(TG_RELID::regclass, template, NULL::"Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_sweep_count");
      RAISE;
    END;
  END IF;
  PERFORM "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_removal"(TG_RELID::regclass, template, prefix, keys, NULL::"Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_sweep_count");
    EXCEPTION WHEN OTHERS THEN
      RAISE WARNING 'What the cache % holds of % may be outdated: it could not be removed. %',  E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"', TG_RELID::regclass, SQLERRM
        USING ERRCODE = SQLSTATE;
    END;
  ELSE
    GET DIAGNOSTICS called = PG_CONTEXT;
  IF NOT (strpos(called, format('%I.',  E'Ünï"co''dé\\')) > 0 AND strpos(split_part(called, format('%I.',  E'Ünï"co''dé\\'), 1), chr(10)) = 0 AND split_part(called, format('%I.',  E'Ünï"co''dé\\'), 1) ~ '(^|[^a-z0-9_".]| ")$') THEN
    RAISE EXCEPTION 'The schema of this function was renamed after it was made for %: nothing is removed.',  E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"'
      USING HINT = 'Start the application with the new name of the schema, or run solid-cache migrate.';
  END IF;

  IF TG_OP <> 'TRUNCATE' THEN
    BEGIN
      EXECUTE keys_query INTO keys USING OLD, NEW;
    EXCEPTION WHEN undefined_column THEN
      PERFORM "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_template"(TG_RELID::regclass, template, NULL::"Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_sweep_count");
      RAISE;
    END;
  END IF;
  PERFORM "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_removal"(TG_RELID::regclass, template, prefix, keys, NULL::"Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_sweep_count");
  END IF;
  RETURN NULL;
END
$solid_cache$;

-- From now on, whoever changes a row removes the entries whose keys the template makes of it as it was and as it is. May be called again.
CREATE OR REPLACE FUNCTION "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_remove_on_change"(table_name regclass, template text, prefix text DEFAULT NULL, on_failure text DEFAULT 'fail')
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $solid_cache$
DECLARE
  target pg_class%ROWTYPE;
  own text := left(encode(sha256(convert_to(concat_ws(chr(10),  E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"', template, prefix), 'UTF8')), 'hex'), 16);
  action text;
  kind text;
  part regclass;
  for_each_row boolean;
  key text;
  before text;
  after text;
  queries text[];
  chosen text[];
  called text;
BEGIN
  GET DIAGNOSTICS called = PG_CONTEXT;
  IF NOT (strpos(called, format('%I.',  E'Ünï"co''dé\\')) > 0 AND strpos(split_part(called, format('%I.',  E'Ünï"co''dé\\'), 1), chr(10)) = 0 AND split_part(called, format('%I.',  E'Ünï"co''dé\\'), 1) ~ '(^|[^a-z0-9_".]| ")$') THEN
    RAISE EXCEPTION 'The schema of this function was renamed after it was made for %: nothing is removed.',  E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"'
      USING HINT = 'Start the application with the new name of the schema, or run solid-cache migrate.';
  END IF;

  SELECT * INTO target FROM pg_class WHERE oid = table_name;
  IF (octet_length(template) BETWEEN 1 AND 512 AND on_failure IN ('fail', 'warn') AND target.relkind IN ('r', 'p')) IS NOT TRUE
    OR table_name IN (to_regclass( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"'), to_regclass( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_state"'), to_regclass( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_tag_removals"'), to_regclass( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_invalidations"')) THEN
    RAISE EXCEPTION 'Wanted are a table that is not the cache''s own, a template of 1 to 512 bytes, and ''fail'' or ''warn''.' USING ERRCODE = 'invalid_parameter_value';
  END IF;

  PERFORM "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_stored_key"(''::text, prefix, NULL::"Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_sweep_count");
  -- For each statement they cost a bulk change a seventh of what they cost it for each row, and take the keys in their order. But those of a partition, or of another table that
  -- inherits, are not called when it is changed by the name of what it is a part of, nor those of a partitioned one the other way round.
  for_each_row := target.relkind = 'p' OR EXISTS (SELECT FROM pg_inherits WHERE inhrelid = table_name);
  key := "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_key_of_row"("Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_template"(table_name, template, NULL::"Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_sweep_count"), NULL::"Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_sweep_count");
  -- Under a name that no column has, for which the whole row would be taken.
  before := format('%s FROM %s AS row_%s', key, CASE WHEN for_each_row THEN '(SELECT ($1).*)' ELSE 'old_rows' END, own);
  after := format('%s FROM %s AS row_%s', key, CASE WHEN for_each_row THEN '(SELECT ($2).*)' ELSE 'new_rows' END, own);
  queries := CASE WHEN for_each_row
    THEN ARRAY[format('SELECT ARRAY[(SELECT %s)]', after), format('SELECT ARRAY[(SELECT %s), (SELECT %s)]', before, after), format('SELECT ARRAY[(SELECT %s)]', before)]
    ELSE ARRAY[format('SELECT ARRAY(SELECT DISTINCT %s)', after), format('SELECT ARRAY(SELECT %s UNION SELECT %s)', before, after), format('SELECT ARRAY(SELECT DISTINCT %s)', before)] END;
  SELECT format('EXECUTE FUNCTION %s(%s)',  E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_changed"', string_agg(quote_literal(argument), ', ' ORDER BY place)) INTO action
  FROM unnest(ARRAY[template, coalesce(prefix, ''), on_failure] || queries) WITH ORDINALITY AS given (argument, place);

  -- A table that has come to inherit from another, or does not any more, keeps no triggers of the other kind, which would do the work once more in their own way.
  FOR kind, part IN
    SELECT tgname, tgrelid
    FROM pg_trigger
    WHERE tgrelid IN (SELECT relid FROM pg_partition_tree(table_name) UNION SELECT table_name)
      AND tgparentid = 0
      AND tgname::text = ANY (
        CASE WHEN for_each_row
          THEN ARRAY['solid_cache_on_insert_' || own, 'solid_cache_on_update_' || own, 'solid_cache_on_delete_' || own]
          ELSE ARRAY['solid_cache_on_change_' || own] END)
  LOOP
    EXECUTE format('DROP TRIGGER %I ON %s', kind, part);
  END LOOP;

  -- A trigger that replaces another is enabled as a new one is, in partitions too: what the tables' owner has chosen is chosen again.
  SELECT array_agg(format(
    'ALTER TABLE ONLY %s %s TRIGGER %I', tgrelid::regclass, CASE tgenabled WHEN 'A' THEN 'ENABLE ALWAYS' WHEN 'R' THEN 'ENABLE REPLICA' ELSE 'DISABLE' END, tgname)) INTO chosen
  FROM pg_trigger
  WHERE tgrelid IN (SELECT relid FROM pg_partition_tree(table_name) UNION SELECT table_name)
    AND starts_with(tgname::text, 'solid_cache_on_')
    AND right(tgname::text, 17) = '_' || own
    AND tgenabled <> 'O';

  IF for_each_row THEN
    EXECUTE format('CREATE OR REPLACE TRIGGER %I AFTER INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW %s', 'solid_cache_on_change_' || own, table_name, action);
  ELSE
    FOREACH kind IN ARRAY ARRAY['insert', 'update', 'delete'] LOOP
      EXECUTE format(
        'CREATE OR REPLACE TRIGGER %I AFTER %s ON %s REFERENCING %s FOR EACH STATEMENT %s',
        format('solid_cache_on_%s_%s', kind, own),
        kind,
        table_name,
        CASE kind WHEN 'insert' THEN 'NEW TABLE AS new_rows' WHEN 'delete' THEN 'OLD TABLE AS old_rows' ELSE 'OLD TABLE AS old_rows NEW TABLE AS new_rows' END,
        action);
    END LOOP;
  END IF;

  FOR part IN SELECT relid FROM pg_partition_tree(table_name) UNION SELECT table_name LOOP
    EXECUTE format('CREATE OR REPLACE TRIGGER %I AFTER TRUNCATE ON %s FOR EACH STATEMENT %s', 'solid_cache_on_truncate_' || own, part, action);
  END LOOP;

  FOREACH action IN ARRAY coalesce(chosen, '{}') LOOP
    EXECUTE action;
  END LOOP;
END
$solid_cache$;

-- Takes the triggers of a template away, whatever their prefix; tells whether there were any.
CREATE OR REPLACE FUNCTION "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_forget"(table_name regclass, template text)
RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $solid_cache$
DECLARE
  own text := encode(convert_to(template, 'UTF8'), 'hex') || '00';
  name text;
  part regclass;
  were_any boolean := false;
  called text;
BEGIN
  GET DIAGNOSTICS called = PG_CONTEXT;
  IF NOT (strpos(called, format('%I.',  E'Ünï"co''dé\\')) > 0 AND strpos(split_part(called, format('%I.',  E'Ünï"co''dé\\'), 1), chr(10)) = 0 AND split_part(called, format('%I.',  E'Ünï"co''dé\\'), 1) ~ '(^|[^a-z0-9_".]| ")$') THEN
    RAISE EXCEPTION 'The schema of this function was renamed after it was made for %: nothing is removed.',  E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"'
      USING HINT = 'Start the application with the new name of the schema, or run solid-cache migrate.';
  END IF;

  FOR name, part IN
    SELECT tgname, tgrelid
    FROM pg_trigger
    WHERE tgfoid = to_regprocedure( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_changed"' || '()')
      AND tgrelid IN (SELECT relid FROM pg_partition_tree(table_name) UNION SELECT table_name)
      AND tgparentid = 0
      AND starts_with(encode(tgargs, 'hex'), own)
  LOOP
    EXECUTE format('DROP TRIGGER %I ON %s', name, part);
    were_any := true;
  END LOOP;
  RETURN were_any;
END
$solid_cache$;

UPDATE "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_state" SET schema_version = 3 WHERE schema_version < 3;

-- What has changed, for nodes that keep entries in their memory: one row for each statement that replaced or removed live ones, written in its transaction by triggers,
-- so that nobody who writes can leave it out. Unlogged: a crash, a failover and a restored backup empty it, which tells every node to drop all that it remembers.
CREATE UNLOGGED TABLE IF NOT EXISTS "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_invalidations" (
  transaction xid8 NOT NULL DEFAULT pg_catalog.pg_current_xact_id(),  -- 0: the row of the epoch
  written_at  timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
  keys        text[],                                                 -- as they stand in the table; everything changed where keys, tags and channel are null
  tags        text[],
  channel     text,                                                   -- of a message between nodes
  message     bytea,
  epoch       uuid,                                                   -- another one: what came before is not known
  horizon     xid8,                                                   -- of the epoch: before it, all had ended when this was written
  pruned_to   xid8                                                    -- of the epoch: what transactions before it wrote is not here any more
) USING heap WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 5000);

DO $solid_cache$
BEGIN
  -- Whatever else stands there now was not this script: it runs in no transaction, or something of somebody's has run. Tools may have indented it.
  IF pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.translate(coalesce(pg_catalog.current_setting('solid_cache.refuse_strangers', true), ''), E' \t\r\n', ''), 'UTF8')), 'hex')
    OPERATOR(pg_catalog.<>) '467b3f64f25c9c3b4af8b07d4d3f92105a96592b0c4ff223ba530c3f5827e3e4' THEN
    RAISE EXCEPTION 'The look at whose the cache''s tables are is not that of this script.'
      USING HINT = 'Run the whole script in one transaction that ends with the first error: psql -v ON_ERROR_STOP=1 -v ON_ERROR_ROLLBACK=off.';
  END IF;
  EXECUTE pg_catalog.current_setting('solid_cache.refuse_strangers');
END
$solid_cache$;

-- Without names of their own, which somebody else's may have.
DO $solid_cache$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_index WHERE indrelid = to_regclass( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_invalidations"') AND indisunique) THEN
    CREATE INDEX ON "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_invalidations" (transaction);
    CREATE UNIQUE INDEX ON "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_invalidations" (transaction) WHERE epoch IS NOT NULL;
  END IF;
END
$solid_cache$;

-- With the rights of who writes. It is called by every batch of writes, and a search_path of its own would cost as much as all it does: so nothing in it is looked up there, operators
-- and types included.
CREATE OR REPLACE FUNCTION "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_log_change"()
RETURNS trigger
LANGUAGE plpgsql
AS $solid_cache$
BEGIN
  IF (TG_TABLE_SCHEMA OPERATOR(pg_catalog.=)  E'Ünï"co''dé\\' AND (TG_TABLE_NAME OPERATOR(pg_catalog.=)  E'x"; DROP TABLE {state}; --''\\' OR TG_TABLE_NAME OPERATOR(pg_catalog.=)  E'x"; DROP TABLE {state}; --''\\_tag_removals')) IS NOT TRUE THEN
    RAISE EXCEPTION 'This trigger logs the changes of % and of no other table. Was its schema renamed after the trigger was made?',  E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"'
      USING HINT = 'Start the application with the new name of the schema, or run solid-cache migrate.';
  END IF;

  -- Of more than ten thousand, only that everything may have changed.
  IF TG_OP OPERATOR(pg_catalog.=) 'UPDATE' THEN
    -- Most updates fill what had expired, which nobody remembers. A touch leaves created_at as it is.
    INSERT INTO "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_invalidations" (keys)
    SELECT CASE WHEN pg_catalog.count(*) OPERATOR(pg_catalog.<=) 10000 THEN pg_catalog.array_agg(changed.key) END
    FROM new_rows AS changed
    WHERE (changed.created_at OPERATOR(pg_catalog.>=) pg_catalog.now() OR changed.expires_at OPERATOR(pg_catalog.<=) pg_catalog.now())
      AND EXISTS (SELECT FROM old_rows AS replaced WHERE replaced.expires_at OPERATOR(pg_catalog.>) pg_catalog.now())
    HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 0;
  ELSIF TG_OP OPERATOR(pg_catalog.=) 'DELETE' THEN
    INSERT INTO "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_invalidations" (keys)
    SELECT CASE WHEN pg_catalog.count(*) OPERATOR(pg_catalog.<=) 10000 THEN pg_catalog.array_agg(removed.key) END
    FROM old_rows AS removed
    WHERE removed.expires_at OPERATOR(pg_catalog.>) pg_catalog.now()
    HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 0;
  ELSIF TG_OP OPERATOR(pg_catalog.=) 'INSERT' THEN
    INSERT INTO "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_invalidations" (tags)
    SELECT pg_catalog.array_agg(removal.tag)
    FROM new_rows AS removal
    HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 0;
  ELSE
    INSERT INTO "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_invalidations" DEFAULT VALUES;
  END IF;

  -- A node that listens itself tells the others after its commits, once for many; a notification in each transaction would let them commit one by one.
  IF FOUND AND coalesce(pg_catalog.current_setting('solid_cache.announced', true), '') OPERATOR(pg_catalog.<>) 'later' THEN
    PERFORM pg_catalog.pg_notify('solid_cache_450a8f42a6ce66b6', '');
  END IF;
  RETURN NULL;
END
$solid_cache$;

-- Begins to log changes, or stops. Whoever reads the log asks for it; nobody stops by himself, since another node may read on.
CREATE OR REPLACE FUNCTION "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_log_changes"(wanted boolean)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $solid_cache$
BEGIN
  IF wanted THEN
    CREATE OR REPLACE TRIGGER solid_cache_log_update AFTER UPDATE ON "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
      FOR EACH STATEMENT EXECUTE FUNCTION "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_log_change"();
    CREATE OR REPLACE TRIGGER solid_cache_log_delete AFTER DELETE ON "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\" REFERENCING OLD TABLE AS old_rows
      FOR EACH STATEMENT EXECUTE FUNCTION "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_log_change"();
    CREATE OR REPLACE TRIGGER solid_cache_log_truncate AFTER TRUNCATE ON "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\"
      FOR EACH STATEMENT EXECUTE FUNCTION "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_log_change"();
    CREATE OR REPLACE TRIGGER solid_cache_log_tag AFTER INSERT ON "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_tag_removals" REFERENCING NEW TABLE AS new_rows
      FOR EACH STATEMENT EXECUTE FUNCTION "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_log_change"();
    -- Also what a session writes that replays somebody else's changes.
    ALTER TABLE "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\"
      ENABLE ALWAYS TRIGGER solid_cache_log_update,
      ENABLE ALWAYS TRIGGER solid_cache_log_delete,
      ENABLE ALWAYS TRIGGER solid_cache_log_truncate;
    ALTER TABLE "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_tag_removals" ENABLE ALWAYS TRIGGER solid_cache_log_tag;
  ELSE
    DROP TRIGGER IF EXISTS solid_cache_log_update ON "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\";
    DROP TRIGGER IF EXISTS solid_cache_log_delete ON "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\";
    DROP TRIGGER IF EXISTS solid_cache_log_truncate ON "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\";
    DROP TRIGGER IF EXISTS solid_cache_log_tag ON "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_tag_removals";
    -- A node that reads on forgets all it remembers, and knows no new epoch until changes are logged again.
    TRUNCATE "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_invalidations";
  END IF;
END
$solid_cache$;

UPDATE "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_state" SET schema_version = 4 WHERE schema_version < 4;

-- How values over 2 KB are kept from now on; what is there stays as it is. Once only, and not where the owner has chosen already: docs/benchmarks.md has the figures.
DO $solid_cache$
BEGIN
  IF (SELECT schema_version FROM "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_state") < 5 THEN
    -- lz4 costs the server a third of what pglz does, or less. Some servers are built without it.
    IF EXISTS (SELECT FROM pg_settings WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals))
      AND EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"') AND attname = 'value' AND attcompression = '') THEN
      ALTER TABLE "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\" ALTER COLUMN value SET COMPRESSION lz4;
    END IF;

    -- A row of up to half a page stays a row, and an overwrite finds room beside it; in TOAST it would be chunks of 2 KB, each in an index, of which each overwrite makes new ones.
    IF NOT EXISTS (SELECT FROM pg_class, unnest(reloptions) AS option WHERE oid = to_regclass( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"') AND starts_with(option, 'toast_tuple_target=')) THEN
      EXECUTE format('ALTER TABLE %s SET (toast_tuple_target = %s)',  E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"', current_setting('block_size')::integer / 2 - 16);
    END IF;
  END IF;
END
$solid_cache$;

UPDATE "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_state" SET schema_version = 5 WHERE schema_version < 5;

-- Values that the library has compressed. One stands in its own column, and the column of the others is null: whoever knows nothing of the new one, a library of before too, finds
-- no value instead of one that he cannot read; and what he writes counts, whatever stands beside it.
-- No row is rewritten, and the lock lasts as long as a look at the catalog.
ALTER TABLE "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\"
  ADD COLUMN IF NOT EXISTS compressed bytea,   -- of LZ4: see docs/schema.md
  ALTER COLUMN value DROP NOT NULL,
  ALTER COLUMN compressed SET STORAGE EXTERNAL;

UPDATE "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_state" SET schema_version = 6 WHERE schema_version < 6;

DO $solid_cache$
DECLARE
  missing text;
BEGIN
  FOR missing IN
    SELECT format('ALTER TABLE %s ADD COLUMN %s', wanted.relation, wanted.definition)
    FROM (
      VALUES
        ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"', 'expires_at', 'timestamp with time zone', 'expires_at timestamp with time zone', true),
          ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"', 'created_at', 'timestamp with time zone', 'created_at timestamp with time zone NOT NULL DEFAULT pg_catalog.now()', true),
          ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"', 'sliding_expiration', 'bigint', 'sliding_expiration bigint', true),
          ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"', 'absolute_expiration', 'timestamp with time zone', 'absolute_expiration timestamp with time zone', true),
          ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"', 'key', 'text', 'key text COLLATE "C"', true),
          ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"', 'value', 'bytea', 'value bytea', true),
          ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"', 'lease', 'bigint', 'lease bigint', false),
          ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"', 'lease_ends_at', 'timestamp with time zone', 'lease_ends_at timestamp with time zone', false),
          ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"', 'stale_for', 'bigint', 'stale_for bigint', false),
          ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"', 'tags', 'text[]', 'tags text[]', false),
          ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"', 'made_after', 'pg_snapshot', 'made_after pg_snapshot', false),
          ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"', 'compressed', 'bytea', 'compressed bytea', false),
          ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_state"', 'singleton', 'boolean', 'singleton boolean NOT NULL DEFAULT true', true),
          ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_state"', 'schema_version', 'integer', 'schema_version integer', true),
          ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_state"', 'minimum_library_version', 'integer', 'minimum_library_version integer', true),
          ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_state"', 'application', 'text', 'application text', false),
          ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_state"', 'sweep_holder', 'text', 'sweep_holder text', false),
          ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_state"', 'sweep_lease_ends_at', 'timestamp with time zone', 'sweep_lease_ends_at timestamp with time zone', false),
          ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_state"', 'sweep_next_block', 'bigint', 'sweep_next_block bigint NOT NULL DEFAULT 0', false),
          ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_state"', 'sweep_file', 'bigint', 'sweep_file bigint', false),
          ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_state"', 'sweep_deleted', 'bigint', 'sweep_deleted bigint NOT NULL DEFAULT 0', false),
          ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_state"', 'last_sweep_finished_at', 'timestamp with time zone', 'last_sweep_finished_at timestamp with time zone', false),
          ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_state"', 'last_sweep_deleted', 'bigint', 'last_sweep_deleted bigint', false),
          ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_state"', 'identity', 'uuid', 'identity uuid NOT NULL DEFAULT pg_catalog.gen_random_uuid()', false),
          ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_tag_removals"', 'tag', 'text', 'tag text COLLATE "C"', true),
          ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_tag_removals"', 'removed_by', 'xid8', 'removed_by xid8 NOT NULL DEFAULT pg_catalog.pg_current_xact_id()', true),
          ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_tag_removals"', 'swept_at', 'timestamp with time zone', 'swept_at timestamp with time zone', false),
          ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_invalidations"', 'transaction', 'xid8', 'transaction xid8 NOT NULL DEFAULT pg_catalog.pg_current_xact_id()', true),
          ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_invalidations"', 'keys', 'text[]', 'keys text[]', true),
          ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_invalidations"', 'epoch', 'uuid', 'epoch uuid', true),
          ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_invalidations"', 'written_at', 'timestamp with time zone', 'written_at timestamp with time zone NOT NULL DEFAULT pg_catalog.clock_timestamp()', false),
          ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_invalidations"', 'tags', 'text[]', 'tags text[]', false),
          ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_invalidations"', 'channel', 'text', 'channel text', false),
          ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_invalidations"', 'message', 'bytea', 'message bytea', false),
          ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_invalidations"', 'horizon', 'xid8', 'horizon xid8', false),
          ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_invalidations"', 'pruned_to', 'xid8', 'pruned_to xid8', false)
    ) AS wanted (relation, name, type, definition, is_mark)
    WHERE NOT EXISTS (
      SELECT FROM pg_attribute AS given WHERE given.attrelid = to_regclass(wanted.relation) AND given.attname = wanted.name AND NOT given.attisdropped
    )
  LOOP
    EXECUTE missing;
  END LOOP;
END
$solid_cache$;

DO $solid_cache$
BEGIN
  -- Whatever else stands there now was not this script: it runs in no transaction, or something of somebody's has run. Tools may have indented it.
  IF pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.translate(coalesce(pg_catalog.current_setting('solid_cache.refuse_strangers', true), ''), E' \t\r\n', ''), 'UTF8')), 'hex')
    OPERATOR(pg_catalog.<>) '467b3f64f25c9c3b4af8b07d4d3f92105a96592b0c4ff223ba530c3f5827e3e4' THEN
    RAISE EXCEPTION 'The look at whose the cache''s tables are is not that of this script.'
      USING HINT = 'Run the whole script in one transaction that ends with the first error: psql -v ON_ERROR_STOP=1 -v ON_ERROR_ROLLBACK=off.';
  END IF;
  EXECUTE pg_catalog.current_setting('solid_cache.refuse_strangers');
END
$solid_cache$;

DO $solid_cache$
DECLARE
  me oid := (SELECT oid FROM pg_roles WHERE rolname = current_user);
  holder regrole := (SELECT relowner FROM pg_class WHERE oid = to_regclass( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"'));
  made text;
BEGIN
  FOR made IN
    SELECT format('TABLE %s', oid::regclass)
    FROM pg_class
    WHERE oid IN (to_regclass( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"'), to_regclass( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_state"'), to_regclass( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_tag_removals"'), to_regclass( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_invalidations"'))
      AND relowner = me
      AND relowner <> holder
    UNION ALL
    SELECT format('ROUTINE %s', oid::regprocedure)
    FROM pg_proc
    WHERE pronamespace = to_regnamespace( E'"Ünï""co''dé\\"') AND proname IN ( E'x"; DROP TABLE {state}; --''\\_cleanup_expired',  E'x"; DROP TABLE {state}; --''\\_sweep_expired',  E'x"; DROP TABLE {state}; --''\\_is_fresh',  E'x"; DROP TABLE {state}; --''\\_stored_key',  E'x"; DROP TABLE {state}; --''\\_remove_keys',  E'x"; DROP TABLE {state}; --''\\_remove',  E'x"; DROP TABLE {state}; --''\\_remove_by_tag',  E'x"; DROP TABLE {state}; --''\\_template',  E'x"; DROP TABLE {state}; --''\\_key_of_row',  E'x"; DROP TABLE {state}; --''\\_removal',  E'x"; DROP TABLE {state}; --''\\_changed',  E'x"; DROP TABLE {state}; --''\\_remove_on_change',  E'x"; DROP TABLE {state}; --''\\_forget',  E'x"; DROP TABLE {state}; --''\\_log_change',  E'x"; DROP TABLE {state}; --''\\_log_changes') AND (pg_catalog.strpos(prosrc,  E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"') > 0 OR pg_catalog.strpos(prosrc,  E'"Ünï""co''''dé\\\\"."x""; DROP TABLE {state}; --''''\\\\"') > 0)
      AND proowner = me
      AND proowner <> holder
  LOOP
    EXECUTE format('ALTER %s OWNER TO %s', made, holder);
  END LOOP;
EXCEPTION WHEN insufficient_privilege THEN
  NULL; -- A member of that role, who may not make anything for it.
END
$solid_cache$;

DO $solid_cache$
BEGIN
  IF NOT EXISTS (
    SELECT
    FROM pg_catalog.pg_index AS found
    JOIN pg_catalog.pg_class AS made ON made.oid OPERATOR(pg_catalog.=) found.indexrelid
    JOIN pg_catalog.pg_namespace AS home ON home.oid OPERATOR(pg_catalog.=) made.relnamespace
    JOIN pg_catalog.pg_am AS method ON method.oid OPERATOR(pg_catalog.=) made.relam
    JOIN pg_catalog.pg_attribute AS indexed ON indexed.attrelid OPERATOR(pg_catalog.=) found.indrelid AND indexed.attnum OPERATOR(pg_catalog.=) found.indkey[0]
    WHERE found.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"')::pg_catalog.oid
      AND method.amname OPERATOR(pg_catalog.=) 'gin'
      AND indexed.attname OPERATOR(pg_catalog.=) 'tags'
  ) THEN
    RAISE WARNING 'The table is large. Have its index of tags made too, by a statement outside a transaction: %', CASE WHEN pg_catalog.to_regclass( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_tags_idx"') IS NULL THEN  E'CREATE INDEX CONCURRENTLY IF NOT EXISTS "x""; DROP TABLE {state}; --''\\_tags_idx" ON "Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\" USING gin (tags) WHERE tags IS NOT NULL'::pg_catalog.text ELSE  E'CREATE INDEX CONCURRENTLY ON "Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\" USING gin (tags) WHERE tags IS NOT NULL'::pg_catalog.text END;
  END IF;
END
$solid_cache$;

COMMIT;
