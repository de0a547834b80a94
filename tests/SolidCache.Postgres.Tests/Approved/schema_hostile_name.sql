-- The schema of SolidCache.Postgres, version 2. It may run again, and beside other nodes.
BEGIN;
-- No function or operator of another schema is a better fit than PostgreSQL's own. In blocks, since migration tools put the script into one, where a
-- SELECT needs a place for its result.
DO $solid_cache$
BEGIN
  PERFORM pg_catalog.set_config('solid_cache.search_path', pg_catalog.current_setting('search_path'), true);
  PERFORM pg_catalog.set_config('solid_cache.lock_timeout', pg_catalog.current_setting('lock_timeout'), true);
  PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
  PERFORM pg_catalog.set_config('lock_timeout', '1min', true);
  PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended( E'solid_cache:"Ünï""co''dé\\"', 0));
  PERFORM pg_catalog.set_config('lock_timeout', pg_catalog.current_setting('solid_cache.lock_timeout'), true);
EXCEPTION WHEN lock_not_available THEN
  RAISE EXCEPTION 'The lock of the migration is held by %. If that is no node that is migrating, end it: SELECT pg_terminate_backend(<pid>).', (
    SELECT string_agg(format('pid %s (role %s, application_name ''%s'')', pid, role, application), ' and ')
    FROM (
      /* solid_cache:schema_lock */
      SELECT locks.pid::bigint, coalesce(activity.usename::text, ''), coalesce(activity.application_name, '')
      FROM pg_catalog.pg_locks AS locks
      LEFT JOIN pg_catalog.pg_stat_activity AS activity ON activity.pid = locks.pid
      WHERE locks.locktype = 'advisory'
        AND locks.granted
        AND locks.database IN (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
        AND ((locks.classid::bigint << 32) | locks.objid::bigint) = pg_catalog.hashtextextended( E'solid_cache:"Ünï""co''dé\\"', 0)
    ) AS holders (pid, role, application)
  );
END
$solid_cache$;

DO $solid_cache$
DECLARE
  found integer;
  stranger text;
BEGIN
  -- Never touch what the library did not make.
  IF to_regclass( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"') IS NOT NULL AND (
    SELECT count(*)
    FROM pg_catalog.pg_attribute
    WHERE attrelid = to_regclass( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"')
      AND attnum > 0
      AND NOT attisdropped
      AND attname || ' ' || replace(pg_catalog.format_type(atttypid, atttypmod), '"', '') IN ('expires_at timestamp with time zone', 'created_at timestamp with time zone', 'sliding_expiration bigint', 'absolute_expiration timestamp with time zone', 'key text', 'value bytea')
  ) < 6 THEN
    RAISE EXCEPTION 'The table % is not one of SolidCache.Postgres. Choose another name for the cache.',  E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"';
  END IF;
  IF to_regclass( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_tag_removals"') IS NOT NULL AND NOT EXISTS (
    SELECT
    FROM pg_catalog.pg_attribute
    WHERE attrelid = to_regclass( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_tag_removals"')
      AND attname = 'removed_by'
      AND pg_catalog.format_type(atttypid, atttypmod) = 'xid8'
  ) THEN
    RAISE EXCEPTION 'The table % is not one of SolidCache.Postgres. Choose another name for the cache.',  E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_tag_removals"';
  END IF;
  IF EXISTS (
    SELECT
    FROM pg_catalog.pg_proc
    WHERE pronamespace = to_regnamespace( E'"Ünï""co''dé\\"')
      AND proname IN ( E'x"; DROP TABLE {state}; --''\\_cleanup_expired',  E'x"; DROP TABLE {state}; --''\\_sweep_expired')
      AND strpos(prosrc,  E'."x""; DROP TABLE {state}; --''\\"') = 0
  ) THEN
    RAISE EXCEPTION 'A function % or % is there that is not one of SolidCache.Postgres. Choose another name for the cache.',
       E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_cleanup_expired"',  E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_sweep_expired"';
  END IF;
  WITH me AS (
    SELECT rolname, rolsuper
    FROM pg_catalog.pg_roles
    WHERE rolname = current_user
  ),
  home AS (
    SELECT oid, nspowner
    FROM pg_catalog.pg_namespace
    WHERE nspname =  E'Ünï"co''dé\\'
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
  SELECT pg_get_userbyid(relowner) INTO stranger
  FROM pg_class
  WHERE oid IN (to_regclass( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"'), to_regclass( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_state"'), to_regclass( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_tag_removals"'))
    AND relowner NOT IN (SELECT oid FROM trusted)
  LIMIT 1;
  IF stranger IS NOT NULL THEN
    RAISE EXCEPTION 'A table of the cache % belongs to the role %, who would read and change all that is in it.',  E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"', stranger
      USING HINT = 'If that role made it for this cache, run this as that role. Else drop it, or choose another name.';
  END IF;
  IF to_regclass( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_state"') IS NOT NULL THEN
    SELECT schema_version INTO found FROM "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_state";
    IF found > 2 THEN
      RAISE EXCEPTION 'The schema has version % already; this script leads to version 2.', found;
    END IF;
  END IF;
END
$solid_cache$;

-- The entries, the state beside them, and the two ways to sweep from outside the application.
-- Names in braces are replaced by the quoted names of a cache, and by the conditions that its own statements have. Every statement may run again without harm.

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

-- A number of entries or blocks. Nobody else may use the type, so that no overload of somebody else's takes it: a call with an argument of it means ours.
DO $solid_cache$
BEGIN
  IF to_regtype( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_sweep_count"') IS NULL THEN
    CREATE DOMAIN "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_sweep_count" AS bigint;
  END IF;
  IF (SELECT typowner FROM pg_catalog.pg_type WHERE oid = to_regtype( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_sweep_count"')) NOT IN (
    SELECT relowner FROM pg_catalog.pg_class WHERE oid = to_regclass( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"')
    UNION ALL
    SELECT oid FROM pg_catalog.pg_roles WHERE rolname = current_user
  ) THEN
    RAISE EXCEPTION 'The type % belongs to another role than the table %. Let a superuser drop it, or run: ALTER DOMAIN % OWNER TO <the owner of the table>;',
       E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_sweep_count"',  E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"',  E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_sweep_count"';
  END IF;
  REVOKE ALL ON DOMAIN "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_sweep_count" FROM PUBLIC;
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
BEGIN
  -- A schema that is renamed takes this along, and another cache may have the schema's old name by now: its table is not this function's.
  GET DIAGNOSTICS called = PG_CONTEXT;
  IF strpos(split_part(called, chr(10), 1), format(' %I.%I(',  E'Ünï"co''dé\\',  E'x"; DROP TABLE {state}; --''\\_cleanup_expired')) = 0 THEN
    RAISE EXCEPTION 'The schema of this function was renamed after it was made for %: nothing is swept.',  E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"'
      USING HINT = 'Start the application with the new name of the schema, or run solid-cache migrate.';
  END IF;

  WITH expired AS (
    SELECT key
    FROM "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\" AS entry
    WHERE (greatest(entry.expires_at, (least(entry.expires_at, '250000-01-01'::timestamptz) + least(greatest(entry.stale_for, 0), 31536000000000000)::float8 * interval '1 microsecond'), entry.lease_ends_at) <= now() OR NOT (entry.tags IS NULL OR (
  pg_catalog.pg_snapshot_xmax(entry.made_after) <= pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())
  AND NOT EXISTS (
    SELECT
    FROM "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_tag_removals" AS removal
    WHERE removal.tag = ANY (entry.tags)
      AND NOT pg_catalog.pg_visible_in_snapshot(removal.removed_by, entry.made_after)
  ))))
    LIMIT maximum
    FOR UPDATE SKIP LOCKED
  )
  DELETE FROM "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\" AS entry
  USING expired
  WHERE entry.key = expired.key;
  GET DIAGNOSTICS deleted = ROW_COUNT;

  IF maximum IS NULL THEN
    UPDATE "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_state"
    SET last_sweep_finished_at = clock_timestamp(),
        last_sweep_deleted = deleted
    WHERE true;  -- Where pg-safeupdate is loaded, none passes without. A column would need the right to read it.
    WITH noted AS (
  UPDATE "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_tag_removals" SET swept_at = now() WHERE swept_at IS NULL
)
DELETE FROM "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_tag_removals" AS removal
WHERE removal.swept_at < now() - interval '10 minutes'
  AND NOT EXISTS (
    SELECT
    FROM "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\" AS entry
    WHERE entry.tags OPERATOR(pg_catalog.@>) ARRAY[removal.tag]
      AND NOT pg_catalog.pg_visible_in_snapshot(removal.removed_by, entry.made_after)
  );
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
BEGIN
  -- A procedure with a search_path of its own may not commit, so each transaction sets it anew before it looks anything up.
  PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
  IF blocks_per_slice IS NULL OR blocks_per_slice < 1 THEN
    RAISE EXCEPTION 'blocks_per_slice is %, but must be at least 1', blocks_per_slice USING ERRCODE = 'invalid_parameter_value';
  END IF;

  -- As in the function; but where the caller's search_path led here, PostgreSQL leaves the schema out.
  GET DIAGNOSTICS called = PG_CONTEXT;
  IF strpos(split_part(called, chr(10), 1), format(' %I.%I(',  E'Ünï"co''dé\\',  E'x"; DROP TABLE {state}; --''\\_sweep_expired')) = 0
    AND strpos(split_part(called, chr(10), 1), format(' %I(',  E'x"; DROP TABLE {state}; --''\\_sweep_expired')) = 0 THEN
    RAISE EXCEPTION 'The schema of this procedure was renamed after it was made for %: nothing is swept.',  E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"'
      USING HINT = 'Start the application with the new name of the schema, or run solid-cache migrate.';
  END IF;

  deleted := 0;
  LOOP
    block_count := pg_relation_size( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"') / current_setting('block_size')::bigint;
    EXIT WHEN next_block >= block_count;

    DELETE FROM "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\" AS entry
    WHERE ctid = ANY (ARRAY(
      SELECT ctid
      FROM "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\" AS entry
      WHERE ctid >= format('(%s,0)', next_block)::tid
        AND ctid < format('(%s,0)', next_block + blocks_per_slice)::tid
        AND (greatest(entry.expires_at, (least(entry.expires_at, '250000-01-01'::timestamptz) + least(greatest(entry.stale_for, 0), 31536000000000000)::float8 * interval '1 microsecond'), entry.lease_ends_at) <= now() OR NOT (entry.tags IS NULL OR (
  pg_catalog.pg_snapshot_xmax(entry.made_after) <= pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())
  AND NOT EXISTS (
    SELECT
    FROM "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_tag_removals" AS removal
    WHERE removal.tag = ANY (entry.tags)
      AND NOT pg_catalog.pg_visible_in_snapshot(removal.removed_by, entry.made_after)
  ))))
      FOR UPDATE SKIP LOCKED
    ))
      AND (greatest(entry.expires_at, (least(entry.expires_at, '250000-01-01'::timestamptz) + least(greatest(entry.stale_for, 0), 31536000000000000)::float8 * interval '1 microsecond'), entry.lease_ends_at) <= now() OR NOT (entry.tags IS NULL OR (
  pg_catalog.pg_snapshot_xmax(entry.made_after) <= pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())
  AND NOT EXISTS (
    SELECT
    FROM "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_tag_removals" AS removal
    WHERE removal.tag = ANY (entry.tags)
      AND NOT pg_catalog.pg_visible_in_snapshot(removal.removed_by, entry.made_after)
  ))));
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

  UPDATE "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_state"
  SET last_sweep_finished_at = clock_timestamp(),
      last_sweep_deleted = deleted
  WHERE true;
  WITH noted AS (
  UPDATE "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_tag_removals" SET swept_at = now() WHERE swept_at IS NULL
)
DELETE FROM "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_tag_removals" AS removal
WHERE removal.swept_at < now() - interval '10 minutes'
  AND NOT EXISTS (
    SELECT
    FROM "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\" AS entry
    WHERE entry.tags OPERATOR(pg_catalog.@>) ARRAY[removal.tag]
      AND NOT pg_catalog.pg_visible_in_snapshot(removal.removed_by, entry.made_after)
  );
END
$solid_cache$;

INSERT INTO "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_state" (schema_version, minimum_library_version)
VALUES (1, 1)
ON CONFLICT (singleton) DO NOTHING;

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

-- Tells a transaction of this database from one of another that has a cache of the same name.
ALTER TABLE "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_state" ADD COLUMN IF NOT EXISTS identity uuid NOT NULL DEFAULT pg_catalog.gen_random_uuid();

-- Rows without tags are not in it, and stay HOT. On a large table it is made by itself, without a lock: see TagIndex.
DO $solid_cache$
BEGIN
  IF pg_catalog.pg_relation_size( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"'::pg_catalog.regclass) < 16 * 1024 * 1024 THEN
    CREATE INDEX IF NOT EXISTS "x""; DROP TABLE {state}; --'\_tags_idx" ON "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\" USING gin (tags) WHERE tags IS NOT NULL;
  END IF;
END
$solid_cache$;

UPDATE "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_state" SET schema_version = 2 WHERE schema_version < 2;

COMMIT;
