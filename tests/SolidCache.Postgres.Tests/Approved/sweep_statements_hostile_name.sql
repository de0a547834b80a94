-- BlockCount
/* solid_cache:sweep_size */
SELECT
  pg_catalog.pg_relation_filenode( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"'::regclass)::bigint,
  pg_catalog.pg_relation_size( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"'::regclass) / current_setting('block_size')::bigint,
  current_setting('block_size')::bigint;

-- IsReadOnly
/* solid_cache:sweep_read_only */ SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean;

-- HasState
/* solid_cache:sweep_state */ SELECT EXISTS (SELECT FROM "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_state");

-- AcquireLease
/* solid_cache:sweep_acquire */
UPDATE "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_state"
SET sweep_holder = $1,
    sweep_lease_ends_at = now() + $2::float8 * interval '1 microsecond',
    sweep_next_block = CASE WHEN sweep_file = pg_catalog.pg_relation_filenode( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"'::regclass)::bigint THEN sweep_next_block ELSE 0 END
WHERE ctid = ANY (ARRAY(
  SELECT ctid
  FROM "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_state"
  WHERE (sweep_lease_ends_at IS NULL OR sweep_lease_ends_at < now() OR sweep_holder = $1
      OR sweep_lease_ends_at > now() + $2::float8 * interval '1 microsecond')
    AND (last_sweep_finished_at IS NULL OR last_sweep_finished_at > now()
      OR last_sweep_finished_at <= now() - $3::float8 * interval '1 microsecond')
  FOR UPDATE SKIP LOCKED
))
RETURNING sweep_next_block, CASE WHEN sweep_deleted BETWEEN 0 AND 1000000000000 THEN sweep_deleted ELSE 0 END;

-- DeleteSlice
/* solid_cache:sweep */
DELETE FROM ONLY "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\" AS entry
USING set_config('synchronous_commit', 'off', true) AS durability
WHERE entry.ctid = ANY (ARRAY(
  SELECT ctid
  FROM ONLY "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\" AS entry
  WHERE ctid >= pg_catalog.format('(%s,0)', $1)::tid
    AND ctid < pg_catalog.format('(%s,0)', $2)::tid
    AND (greatest(entry.expires_at, (least(entry.expires_at, '250000-01-01'::timestamptz) + least(greatest(entry.stale_for, 0), 31536000000000000)::float8 * interval '1 microsecond'), entry.lease_ends_at) <= now() OR NOT (entry.tags IS NULL OR "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_is_fresh"(entry.tags, entry.made_after, NULL::"Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_sweep_count")))
  FOR UPDATE SKIP LOCKED
))
  AND (greatest(entry.expires_at, (least(entry.expires_at, '250000-01-01'::timestamptz) + least(greatest(entry.stale_for, 0), 31536000000000000)::float8 * interval '1 microsecond'), entry.lease_ends_at) <= now() OR NOT (entry.tags IS NULL OR "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_is_fresh"(entry.tags, entry.made_after, NULL::"Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_sweep_count")));

-- RecordSlice
/* solid_cache:sweep_progress */
UPDATE "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_state"
SET sweep_lease_ends_at = now() + $2::float8 * interval '1 microsecond',
    sweep_next_block = $3,
    sweep_deleted = $4,
    sweep_file = $5
FROM set_config('synchronous_commit', 'off', true) AS durability
WHERE ctid = ANY (ARRAY(SELECT ctid FROM "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_state" FOR UPDATE SKIP LOCKED))
  AND sweep_holder = $1 AND sweep_lease_ends_at >= now();

-- Holds
/* solid_cache:sweep_holds */ SELECT EXISTS (SELECT FROM "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_state" WHERE sweep_holder = $1 AND sweep_lease_ends_at >= now());

-- Finish
/* solid_cache:sweep_finish */
UPDATE "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_state"
SET sweep_holder = NULL,
    sweep_lease_ends_at = NULL,
    sweep_next_block = 0,
    sweep_deleted = 0,
    last_sweep_finished_at = now(),
    last_sweep_deleted = $2
WHERE ctid = ANY (ARRAY(SELECT ctid FROM "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_state" FOR UPDATE SKIP LOCKED))
  AND sweep_holder = $1;

-- Release
/* solid_cache:sweep_release */
UPDATE "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_state"
SET sweep_holder = NULL,
    sweep_lease_ends_at = NULL
WHERE ctid = ANY (ARRAY(SELECT ctid FROM "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_state" FOR UPDATE SKIP LOCKED))
  AND sweep_holder = $1;

-- MayForgetTagRemovals
/* solid_cache:sweep_rights */ SELECT pg_catalog.has_table_privilege( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_tag_removals"', 'DELETE');

-- MayPruneInvalidations
/* solid_cache:sweep_log_rights */ SELECT pg_catalog.has_table_privilege( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_invalidations"', 'DELETE');

-- ForgetTagRemovals
/* solid_cache:sweep_tag_removals */
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

-- RecordManualSweep
/* solid_cache:sweep_manual */
UPDATE "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_state"
SET last_sweep_finished_at = now(),
    last_sweep_deleted = $1
WHERE ctid = ANY (ARRAY(SELECT ctid FROM "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_state" FOR UPDATE SKIP LOCKED));
