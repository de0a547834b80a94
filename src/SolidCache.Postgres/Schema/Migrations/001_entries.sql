-- The entries, the state beside them, and the two ways to sweep from outside the application.
-- Every statement may run again without harm.

DO $solid_cache$
BEGIN
  IF to_regnamespace({schema_literal}) IS NULL THEN
    CREATE SCHEMA {schema};
  END IF;
END
$solid_cache$;

-- No index but the primary key: one on expires_at would make every overwrite and every sliding touch a non-HOT update.
-- Fixed-width columns first, so that a read finds the expiry without walking over the key.
CREATE {unlogged}TABLE IF NOT EXISTS {entries} (
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
CREATE TABLE IF NOT EXISTS {state} (
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
{refuse_strangers}

-- A number of entries or blocks. Nobody else may use the type, so that no overload of somebody else's takes it: a call with an argument of it means ours.
DO $solid_cache$
DECLARE
  holder text;
BEGIN
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_type AS type WHERE {is_count_type_there}) THEN
    CREATE DOMAIN {count_type} AS bigint;
  END IF;
  {refuse_count_type}
  -- What this transaction cannot see, somebody has made since it began.
  IF coalesce((SELECT typowner FROM pg_catalog.pg_type WHERE oid = to_regtype({count_type_literal})), 0) NOT IN (
    SELECT relowner FROM pg_catalog.pg_class WHERE oid = to_regclass({entries_literal})
    UNION ALL
    SELECT oid FROM pg_catalog.pg_roles WHERE rolname = current_user
  ) THEN
    RAISE EXCEPTION 'The type % belongs to another role than the table %. Let that role or a superuser drop it: DROP DOMAIN %;',
      {count_type_literal}, {entries_literal}, {count_type_literal};
  END IF;
  -- What everybody has by default, and what default privileges give.
  FOR holder IN
    SELECT CASE held.grantee WHEN 0 THEN 'PUBLIC' ELSE held.grantee::regrole::text END
    FROM pg_catalog.pg_type AS type
    CROSS JOIN LATERAL aclexplode(coalesce(type.typacl, acldefault('T', type.typowner))) AS held
    WHERE type.oid = to_regtype({count_type_literal})
      AND held.grantee <> type.typowner
  LOOP
    EXECUTE format('REVOKE ALL ON DOMAIN %s FROM %s CASCADE', {count_type_literal}, holder);
  END LOOP;
END
$solid_cache$;

-- In the first days their arguments were of a type that everybody may use: beside those, calls would be ambiguous.
DO $solid_cache$
BEGIN
  IF EXISTS (
    SELECT
    FROM pg_catalog.pg_proc
    WHERE pronamespace = to_regnamespace({schema_literal})
      AND proname = {cleanup_name}
      AND proargtypes::text = '20'
      AND strpos(prosrc, {entries_literal}) > 0
  ) THEN
    DROP FUNCTION {cleanup_function}(bigint);
    DROP PROCEDURE IF EXISTS {sweep_procedure}(integer, double precision, bigint);
  END IF;
END
$solid_cache$;

-- Deletes expired entries in one transaction, at most so many when told, and returns how many.
CREATE OR REPLACE FUNCTION {cleanup_function}(maximum {count_type} DEFAULT NULL)
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
  IF NOT {is_called_cleanup} THEN
    RAISE EXCEPTION 'The schema of this function was renamed after it was made for %: nothing is swept.', {entries_literal}
      USING HINT = 'Start the application with the new name of the schema, or run solid-cache migrate.';
  END IF;

  -- By an array, as they are locked once: by a join, where the table is taken for empty, each would be held against each. And by the place of the version that was looked at: of a newer
  -- one, which a set has put there since, this statement could not tell whether its tags were removed, and it stays.
  DELETE FROM ONLY {entries} AS entry
  WHERE ctid = ANY (ARRAY(
    SELECT ctid
    FROM ONLY {entries} AS entry
    WHERE {is_gone}
    LIMIT maximum
    FOR UPDATE SKIP LOCKED
  ))
    AND {is_gone};
  GET DIAGNOSTICS deleted = ROW_COUNT;

  IF maximum IS NULL THEN
    {record_sweep}
  END IF;

  RETURN deleted;
END
$solid_cache$;

-- Deletes all expired entries, a slice of blocks a transaction, and commits in between. Call it outside a transaction.
CREATE OR REPLACE PROCEDURE {sweep_procedure}(
  blocks_per_slice {count_type} DEFAULT 64,
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
  IF NOT {is_called_sweep} AND NOT {is_called_sweep_alone} THEN
    RAISE EXCEPTION 'The schema of this procedure was renamed after it was made for %: nothing is swept.', {entries_literal}
      USING HINT = 'Start the application with the new name of the schema, or run solid-cache migrate.';
  END IF;

  deleted := 0;
  LOOP
    block_count := pg_relation_size({entries_literal}) / current_setting('block_size')::bigint;
    EXIT WHEN next_block >= block_count;

    DELETE FROM ONLY {entries} AS entry
    WHERE ctid = ANY (ARRAY(
      SELECT ctid
      FROM ONLY {entries} AS entry
      WHERE ctid >= format('(%s,0)', next_block)::tid
        AND ctid < format('(%s,0)', next_block + blocks_per_slice)::tid
        AND {is_gone}
      FOR UPDATE SKIP LOCKED
    ))
      AND {is_gone};
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
  {record_sweep}
END
$solid_cache$;

INSERT INTO {state} (schema_version, minimum_library_version)
VALUES (1, 1)
ON CONFLICT (singleton) DO NOTHING;
