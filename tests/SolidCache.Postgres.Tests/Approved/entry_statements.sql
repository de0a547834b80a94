-- Read
/* solid_cache:get */
SELECT key, sliding_expiration IS NOT NULL
  AND expires_at < now() + sliding_expiration::float8 * interval '1 microsecond'
  AND expires_at < coalesce(absolute_expiration, 'infinity')
  AND NOT current_setting('transaction_read_only')::boolean, value
FROM "public"."solid_cache_entries"
WHERE key = $1
  AND expires_at > now();

-- ReadMany
/* solid_cache:get_many */
SELECT key, sliding_expiration IS NOT NULL
  AND expires_at < now() + sliding_expiration::float8 * interval '1 microsecond'
  AND expires_at < coalesce(absolute_expiration, 'infinity')
  AND NOT current_setting('transaction_read_only')::boolean, value
FROM "public"."solid_cache_entries"
WHERE key = ANY ($1)
  AND expires_at > now();

-- TouchUnlessLocked
/* solid_cache:touch */
UPDATE "public"."solid_cache_entries" AS entry
SET expires_at = least(absolute_expiration, now() + sliding_expiration::float8 * '1.1'::float8 * interval '1 microsecond')
FROM (
  SELECT key AS due_key
  FROM "public"."solid_cache_entries"
  WHERE key = $1
    AND expires_at > now()
    AND sliding_expiration IS NOT NULL
  AND expires_at < now() + sliding_expiration::float8 * interval '1 microsecond'
  AND expires_at < coalesce(absolute_expiration, 'infinity')
  AND NOT current_setting('transaction_read_only')::boolean
  FOR UPDATE SKIP LOCKED
) AS due
WHERE entry.key = due.due_key;

-- TouchMany
/* solid_cache:touch_many */
UPDATE "public"."solid_cache_entries" AS entry
SET expires_at = least(absolute_expiration, now() + sliding_expiration::float8 * '1.1'::float8 * interval '1 microsecond')
FROM (
  SELECT key AS due_key
  FROM "public"."solid_cache_entries"
  WHERE key = ANY ($1)
    AND expires_at > now()
    AND sliding_expiration IS NOT NULL
  AND expires_at < now() + sliding_expiration::float8 * interval '1 microsecond'
  AND expires_at < coalesce(absolute_expiration, 'infinity')
  AND NOT current_setting('transaction_read_only')::boolean
  ORDER BY key
  FOR UPDATE SKIP LOCKED
) AS due
WHERE entry.key = due.due_key;

-- Refresh
/* solid_cache:refresh */
UPDATE "public"."solid_cache_entries"
SET expires_at = least(absolute_expiration, now() + sliding_expiration::float8 * '1.1'::float8 * interval '1 microsecond')
WHERE key = $1
  AND expires_at > now()
  AND sliding_expiration IS NOT NULL
  AND expires_at < now() + sliding_expiration::float8 * interval '1 microsecond'
  AND expires_at < coalesce(absolute_expiration, 'infinity')
  AND NOT current_setting('transaction_read_only')::boolean;

-- RelaxedWrite
/* solid_cache:set */
INSERT INTO "public"."solid_cache_entries" AS entry (expires_at, created_at, sliding_expiration, absolute_expiration, key, value)
SELECT
  least(
    now() + nullif($2, 0)::float8 * interval '1 microsecond',
    now() + nullif($3, 0)::float8 * '1.1'::float8 * interval '1 microsecond',
    'infinity'),
  now(),
  nullif($3, 0),
  now() + nullif($2, 0)::float8 * interval '1 microsecond',
  $1,
  $4
WHERE (SELECT set_config('synchronous_commit', 'off', true)) IS NOT NULL
  AND (SELECT set_config('lock_timeout', '250', true)) IS NOT NULL
  AND CASE WHEN clock_timestamp() < 'epoch'::timestamptz + $5::float8 * interval '1 microsecond' THEN true ELSE ('solid_cache: this write came after its deadline, at ' || clock_timestamp()::text)::boolean END
ON CONFLICT (key) DO UPDATE SET
  expires_at = excluded.expires_at,
  created_at = excluded.created_at,
  sliding_expiration = excluded.sliding_expiration,
  absolute_expiration = excluded.absolute_expiration,
  value = excluded.value
WHERE CASE WHEN clock_timestamp() < 'epoch'::timestamptz + $5::float8 * interval '1 microsecond' THEN true ELSE ('solid_cache: this write came after its deadline, at ' || clock_timestamp()::text)::boolean END;

-- RelaxedWriteMany
/* solid_cache:set_many */
INSERT INTO "public"."solid_cache_entries" AS entry (expires_at, created_at, sliding_expiration, absolute_expiration, key, value)
SELECT
  least(
    now() + nullif(row.absolute, 0)::float8 * interval '1 microsecond',
    now() + nullif(row.sliding, 0)::float8 * '1.1'::float8 * interval '1 microsecond',
    'infinity'),
  now(),
  nullif(row.sliding, 0),
  now() + nullif(row.absolute, 0)::float8 * interval '1 microsecond',
  row.key,
  row.value
FROM (
  SELECT unnest($1) AS key, unnest($2) AS absolute, unnest($3) AS sliding, unnest($4) AS value
) AS row
WHERE (SELECT set_config('synchronous_commit', 'off', true)) IS NOT NULL
  AND (SELECT set_config('lock_timeout', '250', true)) IS NOT NULL
  AND CASE WHEN clock_timestamp() < 'epoch'::timestamptz + $5::float8 * interval '1 microsecond' THEN true ELSE ('solid_cache: this write came after its deadline, at ' || clock_timestamp()::text)::boolean END
ON CONFLICT (key) DO UPDATE SET
  expires_at = excluded.expires_at,
  created_at = excluded.created_at,
  sliding_expiration = excluded.sliding_expiration,
  absolute_expiration = excluded.absolute_expiration,
  value = excluded.value
WHERE CASE WHEN clock_timestamp() < 'epoch'::timestamptz + $5::float8 * interval '1 microsecond' THEN true ELSE ('solid_cache: this write came after its deadline, at ' || clock_timestamp()::text)::boolean END;

-- DurableWrite
/* solid_cache:set */
INSERT INTO "public"."solid_cache_entries" AS entry (expires_at, created_at, sliding_expiration, absolute_expiration, key, value)
SELECT
  least(
    now() + nullif($2, 0)::float8 * interval '1 microsecond',
    now() + nullif($3, 0)::float8 * '1.1'::float8 * interval '1 microsecond',
    'infinity'),
  now(),
  nullif($3, 0),
  now() + nullif($2, 0)::float8 * interval '1 microsecond',
  $1,
  $4
WHERE (SELECT set_config('synchronous_commit', replace(current_setting('synchronous_commit'), 'off', 'on'), true)) IS NOT NULL
  AND (SELECT set_config('lock_timeout', '250', true)) IS NOT NULL
  AND CASE WHEN clock_timestamp() < 'epoch'::timestamptz + $5::float8 * interval '1 microsecond' THEN true ELSE ('solid_cache: this write came after its deadline, at ' || clock_timestamp()::text)::boolean END
ON CONFLICT (key) DO UPDATE SET
  expires_at = excluded.expires_at,
  created_at = excluded.created_at,
  sliding_expiration = excluded.sliding_expiration,
  absolute_expiration = excluded.absolute_expiration,
  value = excluded.value
WHERE CASE WHEN clock_timestamp() < 'epoch'::timestamptz + $5::float8 * interval '1 microsecond' THEN true ELSE ('solid_cache: this write came after its deadline, at ' || clock_timestamp()::text)::boolean END;

-- DurableWriteMany
/* solid_cache:set_many */
INSERT INTO "public"."solid_cache_entries" AS entry (expires_at, created_at, sliding_expiration, absolute_expiration, key, value)
SELECT
  least(
    now() + nullif(row.absolute, 0)::float8 * interval '1 microsecond',
    now() + nullif(row.sliding, 0)::float8 * '1.1'::float8 * interval '1 microsecond',
    'infinity'),
  now(),
  nullif(row.sliding, 0),
  now() + nullif(row.absolute, 0)::float8 * interval '1 microsecond',
  row.key,
  row.value
FROM (
  SELECT unnest($1) AS key, unnest($2) AS absolute, unnest($3) AS sliding, unnest($4) AS value
) AS row
WHERE (SELECT set_config('synchronous_commit', replace(current_setting('synchronous_commit'), 'off', 'on'), true)) IS NOT NULL
  AND (SELECT set_config('lock_timeout', '250', true)) IS NOT NULL
  AND CASE WHEN clock_timestamp() < 'epoch'::timestamptz + $5::float8 * interval '1 microsecond' THEN true ELSE ('solid_cache: this write came after its deadline, at ' || clock_timestamp()::text)::boolean END
ON CONFLICT (key) DO UPDATE SET
  expires_at = excluded.expires_at,
  created_at = excluded.created_at,
  sliding_expiration = excluded.sliding_expiration,
  absolute_expiration = excluded.absolute_expiration,
  value = excluded.value
WHERE CASE WHEN clock_timestamp() < 'epoch'::timestamptz + $5::float8 * interval '1 microsecond' THEN true ELSE ('solid_cache: this write came after its deadline, at ' || clock_timestamp()::text)::boolean END;

-- Remove
/* solid_cache:remove */
DELETE FROM "public"."solid_cache_entries" AS entry
USING (SELECT key FROM "public"."solid_cache_entries" WHERE key = $1 FOR UPDATE) AS doomed
WHERE entry.key = doomed.key
  AND (SELECT set_config('synchronous_commit', replace(current_setting('synchronous_commit'), 'off', 'on'), true)) IS NOT NULL
  AND (SELECT set_config('lock_timeout', '250', true)) IS NOT NULL
  AND CASE WHEN clock_timestamp() < 'epoch'::timestamptz + $2::float8 * interval '1 microsecond' THEN true ELSE ('solid_cache: this write came after its deadline, at ' || clock_timestamp()::text)::boolean END;

-- RemoveMany
/* solid_cache:remove_many */
DELETE FROM "public"."solid_cache_entries" AS entry
USING (SELECT key FROM "public"."solid_cache_entries" WHERE key = ANY ($1) ORDER BY key FOR UPDATE) AS doomed
WHERE entry.key = doomed.key
  AND (SELECT set_config('synchronous_commit', replace(current_setting('synchronous_commit'), 'off', 'on'), true)) IS NOT NULL
  AND (SELECT set_config('lock_timeout', '250', true)) IS NOT NULL
  AND CASE WHEN clock_timestamp() < 'epoch'::timestamptz + $2::float8 * interval '1 microsecond' THEN true ELSE ('solid_cache: this write came after its deadline, at ' || clock_timestamp()::text)::boolean END;

-- RemoveSlice
/* solid_cache:remove_range */
WITH slice AS (
  SELECT key
  FROM "public"."solid_cache_entries"
  WHERE key >= $1
    AND ($2::text IS NULL OR key < $2)
    AND ($3::text IS NULL OR key LIKE $3)
    AND (NOT $4 OR strpos(key, '^') = 0)
  ORDER BY key
  LIMIT 1000
  FOR UPDATE
), removed AS (
  DELETE FROM "public"."solid_cache_entries" AS entry
  USING slice
  WHERE entry.key = slice.key
  RETURNING entry.key
)
SELECT count(*), max(key)
FROM removed
WHERE (SELECT set_config('synchronous_commit', replace(current_setting('synchronous_commit'), 'off', 'on'), true)) IS NOT NULL;

-- TimeToLive
/* solid_cache:ttl */
SELECT CASE
  WHEN isfinite(expires_at) THEN least(
    (extract(epoch FROM expires_at - now()) * 1000000.0)::bigint,
    sliding_expiration)
END
FROM "public"."solid_cache_entries"
WHERE key = $1
  AND expires_at > now();
