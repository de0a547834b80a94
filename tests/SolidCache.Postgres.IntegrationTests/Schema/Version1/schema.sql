-- The schema of SolidCache.Postgres, version 1. It may run again, and beside other nodes.
BEGIN;

SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('solid_cache:"public"', 0));

DO $solid_cache$
DECLARE
  found integer;
BEGIN
  -- Never touch what the library did not make.
  IF to_regclass('"public"."solid_cache_entries"') IS NOT NULL AND (
    SELECT count(*)
    FROM pg_catalog.pg_attribute
    WHERE attrelid = to_regclass('"public"."solid_cache_entries"')
      AND attnum > 0
      AND NOT attisdropped
      AND attname || ' ' || pg_catalog.format_type(atttypid, atttypmod) IN ('expires_at timestamp with time zone', 'created_at timestamp with time zone', 'sliding_expiration bigint', 'absolute_expiration timestamp with time zone', 'key text', 'value bytea')
  ) < 6 THEN
    RAISE EXCEPTION 'The table % is not one of SolidCache.Postgres. Choose another name for the cache.', '"public"."solid_cache_entries"';
  END IF;
  IF EXISTS (
    SELECT
    FROM pg_catalog.pg_proc
    WHERE pronamespace = to_regnamespace('"public"')
      AND proname IN ('cleanup_expired_cache', 'sweep_expired_cache')
      AND strpos(prosrc, '."solid_cache_entries"') = 0
  ) THEN
    RAISE EXCEPTION 'A function % or % is there that is not one of SolidCache.Postgres. Choose another name for the cache.',
      '"public"."cleanup_expired_cache"', '"public"."sweep_expired_cache"';
  END IF;
  IF to_regclass('"public"."solid_cache_state"') IS NOT NULL THEN
    SELECT schema_version INTO found FROM "public"."solid_cache_state";
    IF found > 1 THEN
      RAISE EXCEPTION 'The schema has version % already; this script leads to version 1.', found;
    END IF;
  END IF;
END
$solid_cache$;

-- The entries, the state beside them, and the two ways to sweep from outside the application.
-- Names in braces are replaced by the quoted names of a cache. Every statement may run again without harm.

DO $solid_cache$
BEGIN
  IF to_regnamespace('"public"') IS NULL THEN
    CREATE SCHEMA "public";
  END IF;
END
$solid_cache$;

-- No index but the primary key: one on expires_at would make every overwrite and every sliding touch a non-HOT update.
-- Fixed-width columns first, so that a read finds the expiry without walking over the key.
CREATE TABLE IF NOT EXISTS "public"."solid_cache_entries" (
  expires_at          timestamptz NOT NULL,                -- 'infinity': never
  created_at          timestamptz NOT NULL DEFAULT now(),  -- of the last set
  sliding_expiration  bigint,                              -- microseconds; an interval's day has 25 hours once a year
  absolute_expiration timestamptz,                         -- the cap of a sliding expiration
  key                 text COLLATE "C" PRIMARY KEY,
  value               bytea NOT NULL
) WITH (
  -- Room for one more version of a row on its page, so that an overwrite stays there.
  fillfactor = 80,
  autovacuum_vacuum_scale_factor = 0.05,
  autovacuum_vacuum_threshold = 1000,
  -- Values over about 2 KB are stored in TOAST, which is never pruned in place: only vacuum frees its space.
  toast.autovacuum_vacuum_scale_factor = 0.05,
  toast.autovacuum_vacuum_threshold = 1000
);

-- One row: the version of the schema, and where the sweep stands.
CREATE TABLE IF NOT EXISTS "public"."solid_cache_state" (
  singleton               boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  schema_version          integer NOT NULL,
  minimum_library_version integer NOT NULL,                -- the oldest library schema version that can work with this one
  sweep_holder            text,                            -- who sweeps, while the lease lasts
  sweep_lease_ends_at     timestamptz,
  sweep_next_block        bigint NOT NULL DEFAULT 0,       -- where a pass goes on that was cut short
  sweep_file              bigint,                          -- the file of the table whose block that is: VACUUM FULL makes another
  sweep_deleted           bigint NOT NULL DEFAULT 0,       -- by the pass under way
  last_sweep_finished_at  timestamptz,
  last_sweep_deleted      bigint
);

-- Deletes expired entries in one transaction, at most so many when told, and returns how many.
CREATE OR REPLACE FUNCTION "public"."cleanup_expired_cache"(maximum bigint DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $solid_cache$
DECLARE
  deleted bigint;
  called text;
BEGIN
  -- A schema that is renamed takes this along, and another cache may have the schema's old name by now: its table is not this function's.
  GET DIAGNOSTICS called = PG_CONTEXT;
  IF strpos(split_part(called, chr(10), 1), format(' %I.%I(', 'public', 'cleanup_expired_cache')) = 0 THEN
    RAISE EXCEPTION 'The schema of this function was renamed after it was made for %: nothing is swept.', '"public"."solid_cache_entries"'
      USING HINT = 'Start the application with the new name of the schema, or run solid-cache migrate.';
  END IF;

  WITH expired AS (
    SELECT key
    FROM "public"."solid_cache_entries"
    WHERE expires_at <= now()
    LIMIT maximum
    FOR UPDATE SKIP LOCKED
  )
  DELETE FROM "public"."solid_cache_entries" AS entry
  USING expired
  WHERE entry.key = expired.key;
  GET DIAGNOSTICS deleted = ROW_COUNT;

  IF maximum IS NULL THEN
    UPDATE "public"."solid_cache_state"
    SET last_sweep_finished_at = clock_timestamp(),
        last_sweep_deleted = deleted;
  END IF;

  RETURN deleted;
END
$solid_cache$;

-- Deletes all expired entries, a slice of blocks a transaction, and commits in between. Call it outside a transaction.
CREATE OR REPLACE PROCEDURE "public"."sweep_expired_cache"(
  blocks_per_slice integer DEFAULT 64,
  pause_seconds double precision DEFAULT 0.01,
  INOUT deleted bigint DEFAULT 0
)
LANGUAGE plpgsql
AS $solid_cache$
DECLARE
  next_block bigint := 0;
  block_count bigint;
  slice_deleted bigint;
  called text;
BEGIN
  -- A procedure with a search_path of its own may not commit, so each transaction sets it anew before it looks anything up.
  PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
  IF blocks_per_slice IS NULL OR blocks_per_slice < 1 THEN
    RAISE EXCEPTION 'blocks_per_slice is %, but must be at least 1', blocks_per_slice USING ERRCODE = 'invalid_parameter_value';
  END IF;

  -- As in the function; but where the caller's search_path led here, PostgreSQL leaves the schema out.
  GET DIAGNOSTICS called = PG_CONTEXT;
  IF strpos(split_part(called, chr(10), 1), format(' %I.%I(', 'public', 'sweep_expired_cache')) = 0
    AND strpos(split_part(called, chr(10), 1), format(' %I(', 'sweep_expired_cache')) = 0 THEN
    RAISE EXCEPTION 'The schema of this procedure was renamed after it was made for %: nothing is swept.', '"public"."solid_cache_entries"'
      USING HINT = 'Start the application with the new name of the schema, or run solid-cache migrate.';
  END IF;

  deleted := 0;
  LOOP
    block_count := pg_relation_size('"public"."solid_cache_entries"') / current_setting('block_size')::bigint;
    EXIT WHEN next_block >= block_count;

    DELETE FROM "public"."solid_cache_entries"
    WHERE ctid = ANY (ARRAY(
      SELECT ctid
      FROM "public"."solid_cache_entries"
      WHERE ctid >= format('(%s,0)', next_block)::tid
        AND ctid < format('(%s,0)', next_block + blocks_per_slice)::tid
        AND expires_at <= now()
      FOR UPDATE SKIP LOCKED
    ))
      AND expires_at <= now();
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

  UPDATE "public"."solid_cache_state"
  SET last_sweep_finished_at = clock_timestamp(),
      last_sweep_deleted = deleted;
END
$solid_cache$;

INSERT INTO "public"."solid_cache_state" (schema_version, minimum_library_version)
VALUES (1, 1)
ON CONFLICT (singleton) DO NOTHING;

COMMIT;
