-- Read
/* solid_cache:get */
SELECT key, sliding_expiration IS NOT NULL
  AND expires_at < now() + least(greatest(sliding_expiration, 0), 31536000000000000)::float8 * interval '1 microsecond'
  AND expires_at < coalesce(absolute_expiration, 'infinity')
  AND NOT current_setting('transaction_read_only')::boolean, CASE WHEN octet_length(entry.value) <= 67108864 THEN entry.value END,
  CASE WHEN entry.value IS NULL AND octet_length(entry.compressed) <= 67108864 THEN entry.compressed END
FROM ONLY "public"."solid_cache_entries" AS entry
WHERE key = $1
  AND (entry.expires_at > now() AND (entry.tags IS NULL OR "public"."solid_cache_is_fresh"(entry.tags, entry.made_after, NULL::"public"."solid_cache_count")));

-- ReadMany
/* solid_cache:get_many */
SELECT key, sliding_expiration IS NOT NULL
  AND expires_at < now() + least(greatest(sliding_expiration, 0), 31536000000000000)::float8 * interval '1 microsecond'
  AND expires_at < coalesce(absolute_expiration, 'infinity')
  AND NOT current_setting('transaction_read_only')::boolean, CASE WHEN octet_length(entry.value) <= 67108864 THEN entry.value END,
  CASE WHEN entry.value IS NULL AND octet_length(entry.compressed) <= 67108864 THEN entry.compressed END
FROM ONLY "public"."solid_cache_entries" AS entry
WHERE key = ANY ((SELECT $1)::text[])
  AND (entry.expires_at > now() AND (entry.tags IS NULL OR "public"."solid_cache_is_fresh"(entry.tags, entry.made_after, NULL::"public"."solid_cache_count")));

-- ReadAged
/* solid_cache:get_aged */
SELECT key, sliding_expiration IS NOT NULL
  AND expires_at < now() + least(greatest(sliding_expiration, 0), 31536000000000000)::float8 * interval '1 microsecond'
  AND expires_at < coalesce(absolute_expiration, 'infinity')
  AND NOT current_setting('transaction_read_only')::boolean, CASE WHEN octet_length(entry.value) <= 67108864 AND coalesce(pg_catalog.pg_column_size(entry.tags), 0) <= 10320000 THEN entry.value END,
  CASE WHEN entry.value IS NULL AND octet_length(entry.compressed) <= 67108864 AND coalesce(pg_catalog.pg_column_size(entry.tags), 0) <= 10320000 THEN entry.compressed END,
  CASE
    WHEN isfinite(entry.absolute_expiration) AND isfinite(entry.created_at) AND entry.absolute_expiration > entry.created_at
    THEN (extract(epoch FROM entry.absolute_expiration)::float8 - extract(epoch FROM now())::float8) / (extract(epoch FROM entry.absolute_expiration)::float8 - extract(epoch FROM entry.created_at)::float8)
    ELSE 1::float8
  END,
  CASE WHEN isfinite(entry.expires_at) THEN (extract(epoch FROM entry.expires_at - now()) * 1000000.0)::bigint END,
  CASE WHEN coalesce(pg_catalog.pg_column_size(entry.tags), 0) <= 10320000 THEN entry.tags END
FROM ONLY "public"."solid_cache_entries" AS entry
WHERE key = ANY ((SELECT $1)::text[])
  AND (entry.expires_at > now() AND (entry.tags IS NULL OR "public"."solid_cache_is_fresh"(entry.tags, entry.made_after, NULL::"public"."solid_cache_count")));

-- Life
/* solid_cache:life */
SELECT key, sliding_expiration IS NOT NULL
  AND expires_at < now() + least(greatest(sliding_expiration, 0), 31536000000000000)::float8 * interval '1 microsecond'
  AND expires_at < coalesce(absolute_expiration, 'infinity')
  AND NOT current_setting('transaction_read_only')::boolean, CASE
  WHEN isfinite(expires_at) THEN least(
    (extract(epoch FROM expires_at - now()) * 1000000.0)::bigint,
    sliding_expiration)
END
FROM ONLY "public"."solid_cache_entries" AS entry
WHERE key = ANY ((SELECT $1)::text[])
  AND (entry.expires_at > now() AND (entry.tags IS NULL OR "public"."solid_cache_is_fresh"(entry.tags, entry.made_after, NULL::"public"."solid_cache_count")));

-- Touch
/* solid_cache:touch */
UPDATE ONLY "public"."solid_cache_entries" AS entry
SET expires_at = least(absolute_expiration, now() + least(greatest(sliding_expiration, 0), 31536000000000000)::float8 * '1.1'::float8 * interval '1 microsecond')
WHERE entry.key = ANY (ARRAY(
  SELECT key
  FROM ONLY "public"."solid_cache_entries"
  WHERE key = ANY ((SELECT $1)::text[])
    AND expires_at > now()
    AND sliding_expiration IS NOT NULL
  AND expires_at < now() + least(greatest(sliding_expiration, 0), 31536000000000000)::float8 * interval '1 microsecond'
  AND expires_at < coalesce(absolute_expiration, 'infinity')
  AND NOT current_setting('transaction_read_only')::boolean
  ORDER BY key
  FOR UPDATE SKIP LOCKED
))
  AND (SELECT set_config('synchronous_commit', CASE WHEN false THEN replace(current_setting('synchronous_commit'), 'off', 'on') ELSE 'off' END, true) || set_config('client_min_messages', 'warning', true)) IS NOT NULL;

-- Remove
/* solid_cache:remove */
WITH locked AS MATERIALIZED (
  SELECT key FROM ONLY "public"."solid_cache_entries" WHERE key = ANY ((SELECT $1)::text[]) AND (made_after IS NULL OR true) ORDER BY key FOR UPDATE
)
DELETE FROM ONLY "public"."solid_cache_entries" AS entry
WHERE entry.key = ANY (ARRAY(SELECT key FROM locked WHERE CASE WHEN clock_timestamp() < 'epoch'::timestamptz + $2::float8 * interval '1 microsecond' THEN true ELSE ('solid_cache: this write came after its deadline, at ' || clock_timestamp()::text)::boolean END))
  AND (SELECT set_config('synchronous_commit', CASE WHEN true THEN replace(current_setting('synchronous_commit'), 'off', 'on') ELSE 'off' END, true) || set_config('client_min_messages', 'warning', true)) IS NOT NULL
  AND (SELECT set_config('lock_timeout', $3, true) || CASE $3 WHEN '2' THEN set_config('solid_cache.announced', 'later', true) ELSE '' END) IS NOT NULL;

-- RemoveFree
/* solid_cache:remove_free */
WITH free AS MATERIALIZED (
  SELECT key FROM ONLY "public"."solid_cache_entries" WHERE key = ANY ((SELECT $1)::text[]) AND (made_after IS NULL OR true) ORDER BY key FOR UPDATE SKIP LOCKED
), removed AS (
  DELETE FROM ONLY "public"."solid_cache_entries" AS entry
  WHERE entry.key = ANY (ARRAY(SELECT key FROM free))
    AND (SELECT set_config('synchronous_commit', CASE WHEN true THEN replace(current_setting('synchronous_commit'), 'off', 'on') ELSE 'off' END, true) || set_config('client_min_messages', 'warning', true)) IS NOT NULL
    AND (SELECT set_config('lock_timeout', '2', true) || CASE '2' WHEN '2' THEN set_config('solid_cache.announced', 'later', true) ELSE '' END) IS NOT NULL
    AND CASE WHEN clock_timestamp() < 'epoch'::timestamptz + $2::float8 * interval '1 microsecond' THEN true ELSE ('solid_cache: this write came after its deadline, at ' || clock_timestamp()::text)::boolean END
)
SELECT key FROM ONLY "public"."solid_cache_entries" WHERE key = ANY ((SELECT $1)::text[]) AND key NOT IN (SELECT key FROM free);

-- RemoveStale
/* solid_cache:remove_stale */
WITH stale AS MATERIALIZED (
  SELECT entry.key
  FROM ONLY "public"."solid_cache_entries" AS entry
  JOIN (SELECT pg_catalog.unnest((SELECT $1)::text[]) AS key, pg_catalog.unnest($2) AS dropped_at) AS dropped ON dropped.key = entry.key
  WHERE entry.key = ANY ((SELECT $1)::text[])
    AND entry.created_at <= 'epoch'::timestamptz + dropped.dropped_at::float8 * interval '1 microsecond'
), free AS MATERIALIZED (
  SELECT key, created_at FROM ONLY "public"."solid_cache_entries" WHERE key = ANY (ARRAY(SELECT key FROM stale)) AND (made_after IS NULL OR true) ORDER BY key FOR UPDATE SKIP LOCKED
), removed AS (
  DELETE FROM ONLY "public"."solid_cache_entries" AS entry
  USING free
  JOIN (SELECT pg_catalog.unnest((SELECT $1)::text[]) AS key, pg_catalog.unnest($2) AS dropped_at) AS dropped ON dropped.key = free.key
  WHERE entry.key = free.key
    AND entry.key = ANY (ARRAY(SELECT key FROM free))
    AND free.created_at <= 'epoch'::timestamptz + dropped.dropped_at::float8 * interval '1 microsecond'
    AND (SELECT set_config('synchronous_commit', CASE WHEN true THEN replace(current_setting('synchronous_commit'), 'off', 'on') ELSE 'off' END, true) || set_config('client_min_messages', 'warning', true)) IS NOT NULL
)
SELECT key FROM stale WHERE key NOT IN (SELECT key FROM free);

-- RemoveSlice
/* solid_cache:remove_range */
WITH slice AS MATERIALIZED (
  SELECT key
  FROM ONLY "public"."solid_cache_entries"
  WHERE key >= $1
    AND ($2::text IS NULL OR key < $2)
    AND ($3::text IS NULL OR key LIKE $3)
    AND (NOT $4 OR strpos(key, '^') = 0)
  ORDER BY key
  LIMIT 1000
), free AS MATERIALIZED (
  SELECT key FROM ONLY "public"."solid_cache_entries" WHERE key = ANY (ARRAY(SELECT key FROM slice)) AND (made_after IS NULL OR true) ORDER BY key FOR UPDATE SKIP LOCKED
), removed AS (
  DELETE FROM ONLY "public"."solid_cache_entries" AS entry
  WHERE entry.key = ANY (ARRAY(SELECT key FROM free))
    AND (SELECT set_config('synchronous_commit', CASE WHEN true THEN replace(current_setting('synchronous_commit'), 'off', 'on') ELSE 'off' END, true) || set_config('client_min_messages', 'warning', true)) IS NOT NULL
  RETURNING entry.key
)
SELECT
  (SELECT count(*) FROM slice),
  (SELECT max(key) FROM slice),
  (SELECT count(*) FROM removed),
  ARRAY(SELECT key FROM slice WHERE key NOT IN (SELECT key FROM removed));

-- One
/* solid_cache:set */
INSERT INTO "public"."solid_cache_entries" AS entry (expires_at, created_at, sliding_expiration, absolute_expiration, key, value)
SELECT
  least(
    least(now(), 'epoch'::timestamptz + $8::float8 * interval '1 microsecond') + nullif($2, 0)::float8 * interval '1 microsecond',
    now() + nullif($3, 0)::float8 * '1.1'::float8 * interval '1 microsecond',
    'infinity'),
  now(),
  nullif($3, 0),
  least(now(), 'epoch'::timestamptz + $8::float8 * interval '1 microsecond') + nullif($2, 0)::float8 * interval '1 microsecond',
  $1,
  $4

WHERE (SELECT set_config('synchronous_commit', CASE WHEN $6 THEN replace(current_setting('synchronous_commit'), 'off', 'on') ELSE 'off' END, true) || set_config('client_min_messages', 'warning', true)) IS NOT NULL
  AND (SELECT set_config('lock_timeout', $7, true) || CASE $7 WHEN '2' THEN set_config('solid_cache.announced', 'later', true) ELSE '' END) IS NOT NULL
ON CONFLICT (key) DO UPDATE SET
  expires_at = excluded.expires_at,
  created_at = excluded.created_at,
  sliding_expiration = excluded.sliding_expiration,
  absolute_expiration = excluded.absolute_expiration,
  value = excluded.value,
  compressed = NULL,
  lease = NULL,
  lease_ends_at = NULL,
  stale_for = NULL,
  tags = NULL,
  made_after = NULL
RETURNING CASE WHEN clock_timestamp() < 'epoch'::timestamptz + $5::float8 * interval '1 microsecond' THEN true ELSE ('solid_cache: this write came after its deadline, at ' || clock_timestamp()::text)::boolean END;

-- Many
/* solid_cache:set_many */
INSERT INTO "public"."solid_cache_entries" AS entry (expires_at, created_at, sliding_expiration, absolute_expiration, key, value)
SELECT
  least(
    least(now(), 'epoch'::timestamptz + $8::float8 * interval '1 microsecond') + nullif(row.absolute, 0)::float8 * interval '1 microsecond',
    now() + nullif(row.sliding, 0)::float8 * '1.1'::float8 * interval '1 microsecond',
    'infinity'),
  now(),
  nullif(row.sliding, 0),
  least(now(), 'epoch'::timestamptz + $8::float8 * interval '1 microsecond') + nullif(row.absolute, 0)::float8 * interval '1 microsecond',
  row.key,
  row.value
FROM (SELECT pg_catalog.unnest($1) AS key, pg_catalog.unnest($2) AS absolute, pg_catalog.unnest($3) AS sliding, pg_catalog.unnest($4) AS value) AS row
WHERE (SELECT set_config('synchronous_commit', CASE WHEN $6 THEN replace(current_setting('synchronous_commit'), 'off', 'on') ELSE 'off' END, true) || set_config('client_min_messages', 'warning', true)) IS NOT NULL
  AND (SELECT set_config('lock_timeout', $7, true) || CASE $7 WHEN '2' THEN set_config('solid_cache.announced', 'later', true) ELSE '' END) IS NOT NULL
ON CONFLICT (key) DO UPDATE SET
  expires_at = excluded.expires_at,
  created_at = excluded.created_at,
  sliding_expiration = excluded.sliding_expiration,
  absolute_expiration = excluded.absolute_expiration,
  value = excluded.value,
  compressed = NULL,
  lease = NULL,
  lease_ends_at = NULL,
  stale_for = NULL,
  tags = NULL,
  made_after = NULL
RETURNING CASE WHEN clock_timestamp() < 'epoch'::timestamptz + $5::float8 * interval '1 microsecond' THEN true ELSE ('solid_cache: this write came after its deadline, at ' || clock_timestamp()::text)::boolean END;

-- Special
/* solid_cache:set_special */
INSERT INTO "public"."solid_cache_entries" AS entry (expires_at, created_at, sliding_expiration, absolute_expiration, key, value, compressed, stale_for, tags, made_after)
SELECT
  least(
    least(now(), 'epoch'::timestamptz + $8::float8 * interval '1 microsecond') + nullif(row.absolute, 0)::float8 * interval '1 microsecond',
    now() + nullif(row.sliding, 0)::float8 * '1.1'::float8 * interval '1 microsecond',
    'infinity'),
  now(),
  nullif(row.sliding, 0),
  least(now(), 'epoch'::timestamptz + $8::float8 * interval '1 microsecond') + nullif(row.absolute, 0)::float8 * interval '1 microsecond',
  row.key,
  CASE WHEN NOT row.is_compressed THEN row.value END,
  CASE WHEN row.is_compressed THEN row.value END,
  nullif(row.stale_for, 0),
  nullif(row.tags, '')::text[],
  CASE WHEN row.tags <> '' THEN pg_catalog.pg_current_snapshot() END
FROM (SELECT pg_catalog.unnest($1) AS key, pg_catalog.unnest($2) AS absolute, pg_catalog.unnest($3) AS sliding, pg_catalog.unnest($4) AS value, pg_catalog.unnest($9) AS stale_for, pg_catalog.unnest($10) AS tags, pg_catalog.unnest($11) AS is_compressed) AS row
WHERE (SELECT set_config('synchronous_commit', CASE WHEN $6 THEN replace(current_setting('synchronous_commit'), 'off', 'on') ELSE 'off' END, true) || set_config('client_min_messages', 'warning', true)) IS NOT NULL
  AND (SELECT set_config('lock_timeout', $7, true) || CASE $7 WHEN '2' THEN set_config('solid_cache.announced', 'later', true) ELSE '' END) IS NOT NULL
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
  made_after = excluded.made_after
RETURNING CASE WHEN clock_timestamp() < 'epoch'::timestamptz + $5::float8 * interval '1 microsecond' THEN true ELSE ('solid_cache: this write came after its deadline, at ' || clock_timestamp()::text)::boolean END;

-- Free
/* solid_cache:set_free */
WITH free AS MATERIALIZED (
  SELECT key FROM ONLY "public"."solid_cache_entries" WHERE key = ANY ((SELECT $1)::text[]) ORDER BY key FOR UPDATE SKIP LOCKED
), locked AS MATERIALIZED (
  SELECT key FROM ONLY "public"."solid_cache_entries" WHERE key = ANY ((SELECT $1)::text[]) AND key NOT IN (SELECT key FROM free)
), written AS (
  INSERT INTO "public"."solid_cache_entries" AS entry (expires_at, created_at, sliding_expiration, absolute_expiration, key, value, compressed, stale_for, tags, made_after)
SELECT
  least(
    least(now(), 'epoch'::timestamptz + $8::float8 * interval '1 microsecond') + nullif(row.absolute, 0)::float8 * interval '1 microsecond',
    now() + nullif(row.sliding, 0)::float8 * '1.1'::float8 * interval '1 microsecond',
    'infinity'),
  now(),
  nullif(row.sliding, 0),
  least(now(), 'epoch'::timestamptz + $8::float8 * interval '1 microsecond') + nullif(row.absolute, 0)::float8 * interval '1 microsecond',
  row.key,
  CASE WHEN NOT row.is_compressed THEN row.value END,
  CASE WHEN row.is_compressed THEN row.value END,
  nullif(row.stale_for, 0),
  nullif(row.tags, '')::text[],
  CASE WHEN row.tags <> '' THEN pg_catalog.pg_current_snapshot() END
  FROM (SELECT pg_catalog.unnest($1) AS key, pg_catalog.unnest($2) AS absolute, pg_catalog.unnest($3) AS sliding, pg_catalog.unnest($4) AS value, pg_catalog.unnest($9) AS stale_for, pg_catalog.unnest($10) AS tags, pg_catalog.unnest($11) AS is_compressed) AS row
  WHERE row.key NOT IN (SELECT key FROM locked)
    AND (SELECT set_config('synchronous_commit', CASE WHEN $6 THEN replace(current_setting('synchronous_commit'), 'off', 'on') ELSE 'off' END, true) || set_config('client_min_messages', 'warning', true)) IS NOT NULL
    AND (SELECT set_config('lock_timeout', $7, true) || CASE $7 WHEN '2' THEN set_config('solid_cache.announced', 'later', true) ELSE '' END) IS NOT NULL
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
  made_after = excluded.made_after
RETURNING CASE WHEN clock_timestamp() < 'epoch'::timestamptz + $5::float8 * interval '1 microsecond' THEN true ELSE ('solid_cache: this write came after its deadline, at ' || clock_timestamp()::text)::boolean END
)
SELECT key FROM locked;

-- Take
/* solid_cache:lease */
WITH asked AS MATERIALIZED (
  SELECT one.key, one.lease, one.duration, one.stale_for, one.ahead, nullif(one.tags, '')::text[] AS tags
  FROM (
    SELECT pg_catalog.unnest((SELECT $1)::text[]) AS key, pg_catalog.unnest($2) AS lease, pg_catalog.unnest($3) AS duration, pg_catalog.unnest($4) AS stale_for, pg_catalog.unnest($5) AS ahead, pg_catalog.unnest($6) AS tags
  ) AS one
), free AS MATERIALIZED (
  SELECT
    asked.key,
    asked.lease,
    asked.duration,
    asked.tags,
    coalesce((entry.expires_at > now() AND (entry.tags IS NULL OR "public"."solid_cache_is_fresh"(entry.tags, entry.made_after, NULL::"public"."solid_cache_count"))) OR ((entry.tags IS NULL OR "public"."solid_cache_is_fresh"(entry.tags, entry.made_after, NULL::"public"."solid_cache_count")) AND (least(entry.expires_at, '250000-01-01'::timestamptz) + least(greatest(entry.stale_for, 0), 31536000000000000)::float8 * interval '1 microsecond') > now()), false) AS is_kept
  FROM ONLY "public"."solid_cache_entries" AS entry
  JOIN asked ON asked.key = entry.key
  WHERE entry.key = ANY ((SELECT $1)::text[])
    AND (coalesce(entry.lease_ends_at <= now(), true) OR (NOT (entry.tags IS NULL OR "public"."solid_cache_is_fresh"(entry.tags, entry.made_after, NULL::"public"."solid_cache_count")) AND NOT coalesce(pg_catalog.pg_snapshot_xmax(entry.made_after) > pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot()), false)))
    AND NOT (coalesce(pg_catalog.pg_snapshot_xmax(entry.made_after) > pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot()), false) AND entry.created_at > now() - interval '1 minute')
    AND (NOT (entry.expires_at > now() AND (entry.tags IS NULL OR "public"."solid_cache_is_fresh"(entry.tags, entry.made_after, NULL::"public"."solid_cache_count"))) OR CASE
    WHEN isfinite(entry.absolute_expiration) AND isfinite(entry.created_at) AND entry.absolute_expiration > entry.created_at
    THEN (extract(epoch FROM entry.absolute_expiration)::float8 - extract(epoch FROM now())::float8) / (extract(epoch FROM entry.absolute_expiration)::float8 - extract(epoch FROM entry.created_at)::float8)
    ELSE 1::float8
  END * 1000000::float8 < asked.ahead::float8)
  ORDER BY entry.key
  FOR UPDATE OF entry SKIP LOCKED
), taken AS (
  UPDATE ONLY "public"."solid_cache_entries" AS entry
  SET lease = free.lease,
      lease_ends_at = now() + free.duration::float8 * interval '1 microsecond',
      made_after = pg_catalog.pg_current_snapshot(),
      tags = CASE
        WHEN NOT free.is_kept THEN free.tags
        WHEN free.tags IS NULL THEN entry.tags
        ELSE ARRAY(SELECT pg_catalog.unnest(entry.tags) UNION SELECT pg_catalog.unnest(free.tags))
      END,
      expires_at = CASE WHEN free.is_kept THEN entry.expires_at ELSE '-infinity' END,
      stale_for = CASE WHEN free.is_kept THEN entry.stale_for END,
      sliding_expiration = CASE WHEN free.is_kept THEN entry.sliding_expiration END,
      absolute_expiration = CASE WHEN free.is_kept THEN entry.absolute_expiration END,
      value = CASE WHEN free.is_kept THEN entry.value ELSE '' END,
      compressed = CASE WHEN free.is_kept THEN entry.compressed END
  FROM free
  WHERE entry.key = free.key
    AND entry.key = ANY ((SELECT $1)::text[])
    AND (SELECT set_config('synchronous_commit', CASE WHEN false THEN replace(current_setting('synchronous_commit'), 'off', 'on') ELSE 'off' END, true) || set_config('client_min_messages', 'warning', true)) IS NOT NULL
    AND (SELECT set_config('lock_timeout', $7, true) || CASE $7 WHEN '2' THEN set_config('solid_cache.announced', 'later', true) ELSE '' END) IS NOT NULL
  RETURNING entry.key
), made AS (
  INSERT INTO "public"."solid_cache_entries" AS entry (expires_at, key, value, lease, lease_ends_at, tags, made_after)
  SELECT '-infinity', asked.key, '', asked.lease, now() + asked.duration::float8 * interval '1 microsecond', asked.tags, pg_catalog.pg_current_snapshot()
  FROM asked
  WHERE NOT EXISTS (SELECT FROM ONLY "public"."solid_cache_entries" AS entry WHERE entry.key = asked.key AND entry.key = ANY ((SELECT $1)::text[]))
    AND (SELECT set_config('synchronous_commit', CASE WHEN false THEN replace(current_setting('synchronous_commit'), 'off', 'on') ELSE 'off' END, true) || set_config('client_min_messages', 'warning', true)) IS NOT NULL
    AND (SELECT set_config('lock_timeout', $7, true) || CASE $7 WHEN '2' THEN set_config('solid_cache.announced', 'later', true) ELSE '' END) IS NOT NULL
  ORDER BY asked.key
  ON CONFLICT (key) DO NOTHING
  RETURNING entry.key
)
SELECT
  asked.key,
  asked.key IN (SELECT key FROM taken UNION ALL SELECT key FROM made),
  coalesce((entry.expires_at > now() AND (entry.tags IS NULL OR "public"."solid_cache_is_fresh"(entry.tags, entry.made_after, NULL::"public"."solid_cache_count"))), false),
  CASE WHEN octet_length(entry.value) <= 67108864 AND ((entry.expires_at > now() AND (entry.tags IS NULL OR "public"."solid_cache_is_fresh"(entry.tags, entry.made_after, NULL::"public"."solid_cache_count"))) OR ((least(entry.expires_at, '250000-01-01'::timestamptz) + least(greatest(entry.stale_for, 0), asked.stale_for, 31536000000000000)::float8 * interval '1 microsecond') > now() AND (entry.tags IS NULL OR "public"."solid_cache_is_fresh"(entry.tags, entry.made_after, NULL::"public"."solid_cache_count")))) AND coalesce(pg_catalog.pg_column_size(entry.tags), 0) <= 10320000 THEN entry.value END,
  CASE WHEN entry.value IS NULL AND octet_length(entry.compressed) <= 67108864 AND ((entry.expires_at > now() AND (entry.tags IS NULL OR "public"."solid_cache_is_fresh"(entry.tags, entry.made_after, NULL::"public"."solid_cache_count"))) OR ((least(entry.expires_at, '250000-01-01'::timestamptz) + least(greatest(entry.stale_for, 0), asked.stale_for, 31536000000000000)::float8 * interval '1 microsecond') > now() AND (entry.tags IS NULL OR "public"."solid_cache_is_fresh"(entry.tags, entry.made_after, NULL::"public"."solid_cache_count")))) AND coalesce(pg_catalog.pg_column_size(entry.tags), 0) <= 10320000 THEN entry.compressed END,
  CASE
    WHEN isfinite(entry.absolute_expiration) AND isfinite(entry.created_at) AND entry.absolute_expiration > entry.created_at
    THEN (extract(epoch FROM entry.absolute_expiration)::float8 - extract(epoch FROM now())::float8) / (extract(epoch FROM entry.absolute_expiration)::float8 - extract(epoch FROM entry.created_at)::float8)
    ELSE 1::float8
  END,
  CASE WHEN isfinite(entry.expires_at) THEN (extract(epoch FROM entry.expires_at - now()) * 1000000.0)::bigint END,
  CASE WHEN coalesce(pg_catalog.pg_column_size(entry.tags), 0) <= 10320000 THEN entry.tags END
FROM asked
LEFT JOIN ONLY "public"."solid_cache_entries" AS entry ON entry.key = asked.key AND entry.key = ANY ((SELECT $1)::text[]);

-- Renew
/* solid_cache:lease_renewal */
WITH asked AS MATERIALIZED (
  SELECT pg_catalog.unnest((SELECT $1)::text[]) AS key, pg_catalog.unnest($2) AS lease, pg_catalog.unnest($3) AS duration
), held AS MATERIALIZED (
  SELECT asked.key, asked.duration
  FROM ONLY "public"."solid_cache_entries" AS entry
  JOIN asked ON asked.key = entry.key
  WHERE entry.key = ANY ((SELECT $1)::text[])
    AND entry.lease = asked.lease
  ORDER BY entry.key
  FOR UPDATE OF entry SKIP LOCKED
), renewed AS (
  UPDATE ONLY "public"."solid_cache_entries" AS entry
  SET lease_ends_at = now() + held.duration::float8 * interval '1 microsecond'
  FROM held
  WHERE entry.key = held.key
    AND entry.key = ANY ((SELECT $1)::text[])
    AND (SELECT set_config('synchronous_commit', CASE WHEN false THEN replace(current_setting('synchronous_commit'), 'off', 'on') ELSE 'off' END, true) || set_config('client_min_messages', 'warning', true)) IS NOT NULL
  RETURNING entry.key
)
SELECT asked.key, asked.key IN (SELECT key FROM renewed)
FROM asked
JOIN ONLY "public"."solid_cache_entries" AS entry ON entry.key = asked.key AND entry.lease = asked.lease AND entry.key = ANY ((SELECT $1)::text[]);

-- Fill
/* solid_cache:fill */
UPDATE ONLY "public"."solid_cache_entries" AS entry
SET expires_at = least(
    least(now(), 'epoch'::timestamptz + $8::float8 * interval '1 microsecond') + nullif(held.absolute, 0)::float8 * interval '1 microsecond',
    now() + nullif(held.sliding, 0)::float8 * '1.1'::float8 * interval '1 microsecond',
    'infinity'),
    created_at = now(),
    sliding_expiration = nullif(held.sliding, 0),
    absolute_expiration = least(now(), 'epoch'::timestamptz + $8::float8 * interval '1 microsecond') + nullif(held.absolute, 0)::float8 * interval '1 microsecond',
    value = CASE WHEN NOT held.is_compressed THEN held.value END,
    compressed = CASE WHEN held.is_compressed THEN held.value END,
    lease = NULL,
    lease_ends_at = NULL,
    stale_for = nullif(held.stale_for, 0),
    tags = nullif(held.tags, '')::text[],
    made_after = CASE WHEN held.tags <> '' THEN entry.made_after END
FROM (
  SELECT
    pg_catalog.unnest((SELECT $1)::text[]) AS key,
    pg_catalog.unnest($2) AS absolute,
    pg_catalog.unnest($3) AS sliding,
    pg_catalog.unnest($4) AS value,
    pg_catalog.unnest($9) AS stale_for,
    pg_catalog.unnest($10) AS tags,
    pg_catalog.unnest($11) AS is_compressed,
    pg_catalog.unnest($12) AS lease
) AS held
WHERE entry.key = held.key
  AND entry.lease = held.lease
  AND entry.key = ANY (ARRAY(
    SELECT entry.key
    FROM ONLY "public"."solid_cache_entries" AS entry
    JOIN (SELECT pg_catalog.unnest((SELECT $1)::text[]) AS key, pg_catalog.unnest($12) AS lease) AS made ON made.key = entry.key
    WHERE entry.key = ANY ((SELECT $1)::text[])
      AND entry.lease = made.lease
    ORDER BY entry.key
    FOR UPDATE OF entry SKIP LOCKED
  ))
  AND (SELECT set_config('synchronous_commit', CASE WHEN $6 THEN replace(current_setting('synchronous_commit'), 'off', 'on') ELSE 'off' END, true) || set_config('client_min_messages', 'warning', true)) IS NOT NULL
  AND (SELECT set_config('lock_timeout', $7, true) || CASE $7 WHEN '2' THEN set_config('solid_cache.announced', 'later', true) ELSE '' END) IS NOT NULL
  AND CASE WHEN clock_timestamp() < 'epoch'::timestamptz + $5::float8 * interval '1 microsecond' THEN true ELSE ('solid_cache: this write came after its deadline, at ' || clock_timestamp()::text)::boolean END
  AND (held.tags = '' OR "public"."solid_cache_is_fresh"(nullif(held.tags, '')::text[], entry.made_after, NULL::"public"."solid_cache_count"))
RETURNING entry.key;
