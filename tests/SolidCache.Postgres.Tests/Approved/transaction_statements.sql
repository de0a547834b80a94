-- Remove
/* solid_cache:remove_in_transaction */
INSERT INTO "public"."solid_cache_entries" AS entry (expires_at, key, value)
SELECT '-infinity', removed.key, ''
FROM (SELECT DISTINCT pg_catalog.unnest($1::text[]) AS key) AS removed
WHERE EXISTS (SELECT FROM "public"."solid_cache_state" AS state WHERE state.identity = $2::uuid)
ORDER BY removed.key COLLATE "C"
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

-- RemoveTags
/* solid_cache:remove_tags */
INSERT INTO "public"."solid_cache_tag_removals" (tag)
SELECT tag.name
FROM (SELECT DISTINCT pg_catalog.unnest($1::text[]) AS name) AS tag
WHERE EXISTS (SELECT FROM "public"."solid_cache_state" AS state WHERE state.identity = $2::uuid)
ORDER BY tag.name
ON CONFLICT (tag, removed_by) DO UPDATE SET swept_at = NULL;

-- Set
/* solid_cache:set_in_transaction */
INSERT INTO "public"."solid_cache_entries" AS entry (expires_at, created_at, sliding_expiration, absolute_expiration, key, value, compressed, stale_for, tags, made_after)
SELECT
  least(pg_catalog.clock_timestamp() + nullif($4::bigint, 0)::float8 * interval '1 microsecond', pg_catalog.clock_timestamp() + nullif($5::bigint, 0)::float8 * interval '1 microsecond', 'infinity'),
  pg_catalog.clock_timestamp(),
  nullif($5::bigint, 0),
  pg_catalog.clock_timestamp() + nullif($4::bigint, 0)::float8 * interval '1 microsecond',
  $1::text,
  CASE WHEN NOT $8::boolean THEN $3::bytea END,
  CASE WHEN $8::boolean THEN $3::bytea END,
  nullif($6::bigint, 0),
  nullif($7::text, '')::text[],
  CASE WHEN $7::text <> '' THEN (
    SELECT pg_catalog.format('%s:%s:%s', pg_catalog.pg_snapshot_xmin(taken.snapshot), pg_catalog.pg_snapshot_xmax(taken.snapshot), (
      SELECT pg_catalog.string_agg(running.id::text, ',' ORDER BY running.id)
      FROM (
        SELECT pg_catalog.pg_snapshot_xip(taken.snapshot) AS id
        UNION SELECT taken.own WHERE taken.own < pg_catalog.pg_snapshot_xmax(taken.snapshot)
      ) AS running
    ))::pg_snapshot
    FROM (SELECT pg_catalog.pg_current_snapshot() AS snapshot, pg_catalog.pg_current_xact_id() AS own) AS taken
  ) END
WHERE EXISTS (SELECT FROM "public"."solid_cache_state" AS state WHERE state.identity = $2::uuid)
ON CONFLICT (key) DO UPDATE SET
  expires_at = excluded.expires_at,
  created_at = excluded.created_at,
  sliding_expiration = excluded.sliding_expiration,
  absolute_expiration = excluded.absolute_expiration,
  value = excluded.value,
  compressed = excluded.compressed,
  lease = NULL,
  lease_ends_at = NULL,
  stale_for = excluded.stale_for,
  tags = excluded.tags,
  made_after = excluded.made_after;

-- Identity
/* solid_cache:identity */ SELECT identity::text FROM "public"."solid_cache_state";
