-- Read
/* solid_cache:get */
SELECT key, sliding_expiration IS NOT NULL
  AND expires_at < now() + sliding_expiration::float8 * interval '1 microsecond'
  AND expires_at < coalesce(absolute_expiration, 'infinity')
  AND NOT current_setting('transaction_read_only')::boolean, value
FROM "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\"
WHERE key = $1
  AND expires_at > now();

-- ReadMany
/* solid_cache:get_many */
SELECT key, sliding_expiration IS NOT NULL
  AND expires_at < now() + sliding_expiration::float8 * interval '1 microsecond'
  AND expires_at < coalesce(absolute_expiration, 'infinity')
  AND NOT current_setting('transaction_read_only')::boolean, value
FROM "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\"
WHERE key = ANY ($1)
  AND expires_at > now();

-- Life
/* solid_cache:life */
SELECT key, sliding_expiration IS NOT NULL
  AND expires_at < now() + sliding_expiration::float8 * interval '1 microsecond'
  AND expires_at < coalesce(absolute_expiration, 'infinity')
  AND NOT current_setting('transaction_read_only')::boolean, CASE
  WHEN isfinite(expires_at) THEN least(
    (extract(epoch FROM expires_at - now()) * 1000000.0)::bigint,
    sliding_expiration)
END
FROM "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\"
WHERE key = ANY ($1)
  AND expires_at > now();

-- Touch
/* solid_cache:touch */
UPDATE "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\" AS entry
SET expires_at = least(absolute_expiration, now() + sliding_expiration::float8 * '1.1'::float8 * interval '1 microsecond')
FROM (
  SELECT key AS due_key
  FROM "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\"
  WHERE key = ANY ($1)
    AND expires_at > now()
    AND sliding_expiration IS NOT NULL
  AND expires_at < now() + sliding_expiration::float8 * interval '1 microsecond'
  AND expires_at < coalesce(absolute_expiration, 'infinity')
  AND NOT current_setting('transaction_read_only')::boolean
  ORDER BY key
  FOR UPDATE SKIP LOCKED
) AS due
WHERE entry.key = due.due_key
  AND (SELECT set_config('synchronous_commit', CASE WHEN false THEN replace(current_setting('synchronous_commit'), 'off', 'on') ELSE 'off' END, true)) IS NOT NULL;

-- Set
/* solid_cache:set */
INSERT INTO "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\" AS entry (expires_at, created_at, sliding_expiration, absolute_expiration, key, value)
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

WHERE (SELECT set_config('synchronous_commit', CASE WHEN $6 THEN replace(current_setting('synchronous_commit'), 'off', 'on') ELSE 'off' END, true)) IS NOT NULL
  AND (SELECT set_config('lock_timeout', $7, true)) IS NOT NULL
ON CONFLICT (key) DO UPDATE SET
  expires_at = excluded.expires_at,
  created_at = excluded.created_at,
  sliding_expiration = excluded.sliding_expiration,
  absolute_expiration = excluded.absolute_expiration,
  value = excluded.value
RETURNING CASE WHEN clock_timestamp() < 'epoch'::timestamptz + $5::float8 * interval '1 microsecond' THEN true ELSE ('solid_cache: this write came after its deadline, at ' || clock_timestamp()::text)::boolean END;

-- SetMany
/* solid_cache:set_many */
INSERT INTO "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\" AS entry (expires_at, created_at, sliding_expiration, absolute_expiration, key, value)
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
FROM (SELECT unnest($1) AS key, unnest($2) AS absolute, unnest($3) AS sliding, unnest($4) AS value) AS row
WHERE (SELECT set_config('synchronous_commit', CASE WHEN $6 THEN replace(current_setting('synchronous_commit'), 'off', 'on') ELSE 'off' END, true)) IS NOT NULL
  AND (SELECT set_config('lock_timeout', $7, true)) IS NOT NULL
ON CONFLICT (key) DO UPDATE SET
  expires_at = excluded.expires_at,
  created_at = excluded.created_at,
  sliding_expiration = excluded.sliding_expiration,
  absolute_expiration = excluded.absolute_expiration,
  value = excluded.value
RETURNING CASE WHEN clock_timestamp() < 'epoch'::timestamptz + $5::float8 * interval '1 microsecond' THEN true ELSE ('solid_cache: this write came after its deadline, at ' || clock_timestamp()::text)::boolean END;

-- SetFree
/* solid_cache:set_free */
WITH free AS MATERIALIZED (
  SELECT key FROM "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\" WHERE key = ANY ($1) ORDER BY key FOR UPDATE SKIP LOCKED
), locked AS MATERIALIZED (
  SELECT key FROM "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\" WHERE key = ANY ($1) AND key NOT IN (SELECT key FROM free)
), written AS (
  INSERT INTO "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\" AS entry (expires_at, created_at, sliding_expiration, absolute_expiration, key, value)
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
  FROM (SELECT unnest($1) AS key, unnest($2) AS absolute, unnest($3) AS sliding, unnest($4) AS value) AS row
  WHERE row.key NOT IN (SELECT key FROM locked)
    AND (SELECT set_config('synchronous_commit', CASE WHEN $6 THEN replace(current_setting('synchronous_commit'), 'off', 'on') ELSE 'off' END, true)) IS NOT NULL
    AND (SELECT set_config('lock_timeout', $7, true)) IS NOT NULL
  ON CONFLICT (key) DO UPDATE SET
  expires_at = excluded.expires_at,
  created_at = excluded.created_at,
  sliding_expiration = excluded.sliding_expiration,
  absolute_expiration = excluded.absolute_expiration,
  value = excluded.value
RETURNING CASE WHEN clock_timestamp() < 'epoch'::timestamptz + $5::float8 * interval '1 microsecond' THEN true ELSE ('solid_cache: this write came after its deadline, at ' || clock_timestamp()::text)::boolean END
)
SELECT key FROM locked;

-- Remove
/* solid_cache:remove */
DELETE FROM "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\" AS entry
USING (SELECT key FROM "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\" WHERE key = ANY ($1) ORDER BY key FOR UPDATE) AS doomed
WHERE entry.key = doomed.key
  AND (SELECT set_config('synchronous_commit', CASE WHEN true THEN replace(current_setting('synchronous_commit'), 'off', 'on') ELSE 'off' END, true)) IS NOT NULL
  AND (SELECT set_config('lock_timeout', $3, true)) IS NOT NULL
  AND CASE WHEN clock_timestamp() < 'epoch'::timestamptz + $2::float8 * interval '1 microsecond' THEN true ELSE ('solid_cache: this write came after its deadline, at ' || clock_timestamp()::text)::boolean END;

-- RemoveFree
/* solid_cache:remove_free */
WITH free AS MATERIALIZED (
  SELECT key FROM "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\" WHERE key = ANY ($1) ORDER BY key FOR UPDATE SKIP LOCKED
), removed AS (
  DELETE FROM "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\" AS entry
  USING free
  WHERE entry.key = free.key
    AND (SELECT set_config('synchronous_commit', CASE WHEN true THEN replace(current_setting('synchronous_commit'), 'off', 'on') ELSE 'off' END, true)) IS NOT NULL
    AND CASE WHEN clock_timestamp() < 'epoch'::timestamptz + $2::float8 * interval '1 microsecond' THEN true ELSE ('solid_cache: this write came after its deadline, at ' || clock_timestamp()::text)::boolean END
)
SELECT key FROM "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\" WHERE key = ANY ($1) AND key NOT IN (SELECT key FROM free);

-- RemoveStale
/* solid_cache:remove_stale */
WITH stale AS MATERIALIZED (
  SELECT entry.key
  FROM "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\" AS entry
  JOIN (SELECT unnest($1) AS key, unnest($2) AS dropped_at) AS dropped ON dropped.key = entry.key
  WHERE entry.created_at <= 'epoch'::timestamptz + dropped.dropped_at::float8 * interval '1 microsecond'
), free AS MATERIALIZED (
  SELECT key, created_at FROM "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\" WHERE key IN (SELECT key FROM stale) ORDER BY key FOR UPDATE SKIP LOCKED
), removed AS (
  DELETE FROM "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\" AS entry
  USING free
  JOIN (SELECT unnest($1) AS key, unnest($2) AS dropped_at) AS dropped ON dropped.key = free.key
  WHERE entry.key = free.key
    AND free.created_at <= 'epoch'::timestamptz + dropped.dropped_at::float8 * interval '1 microsecond'
    AND (SELECT set_config('synchronous_commit', CASE WHEN true THEN replace(current_setting('synchronous_commit'), 'off', 'on') ELSE 'off' END, true)) IS NOT NULL
)
SELECT key FROM stale WHERE key NOT IN (SELECT key FROM free);

-- RemoveSlice
/* solid_cache:remove_range */
WITH slice AS MATERIALIZED (
  SELECT key
  FROM "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\"
  WHERE key >= $1
    AND ($2::text IS NULL OR key < $2)
    AND ($3::text IS NULL OR key LIKE $3)
    AND (NOT $4 OR strpos(key, '^') = 0)
  ORDER BY key
  LIMIT 1000
), free AS MATERIALIZED (
  SELECT key FROM "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\" WHERE key IN (SELECT key FROM slice) ORDER BY key FOR UPDATE SKIP LOCKED
), removed AS (
  DELETE FROM "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\" AS entry
  USING free
  WHERE entry.key = free.key
    AND (SELECT set_config('synchronous_commit', CASE WHEN true THEN replace(current_setting('synchronous_commit'), 'off', 'on') ELSE 'off' END, true)) IS NOT NULL
  RETURNING entry.key
)
SELECT
  (SELECT count(*) FROM slice),
  (SELECT max(key) FROM slice),
  (SELECT count(*) FROM removed),
  ARRAY(SELECT key FROM slice WHERE key NOT IN (SELECT key FROM removed));
