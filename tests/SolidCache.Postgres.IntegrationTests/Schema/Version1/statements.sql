-- ReadMany
/* solid_cache:get_many */
SELECT key, sliding_expiration IS NOT NULL
  AND expires_at < now() + sliding_expiration::float8 * interval '1 microsecond'
  AND expires_at < coalesce(absolute_expiration, 'infinity')
  AND NOT current_setting('transaction_read_only')::boolean, value
FROM "public"."solid_cache_entries"
WHERE key = ANY ($1)
  AND expires_at > now();

-- SetMany
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

-- Touch
/* solid_cache:touch */
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
WHERE entry.key = due.due_key
  AND (SELECT set_config('synchronous_commit', CASE WHEN false THEN replace(current_setting('synchronous_commit'), 'off', 'on') ELSE 'off' END, true)) IS NOT NULL;

-- Remove
/* solid_cache:remove */
DELETE FROM "public"."solid_cache_entries" AS entry
USING (SELECT key FROM "public"."solid_cache_entries" WHERE key = ANY ($1) ORDER BY key FOR UPDATE) AS doomed
WHERE entry.key = doomed.key
  AND (SELECT set_config('synchronous_commit', CASE WHEN true THEN replace(current_setting('synchronous_commit'), 'off', 'on') ELSE 'off' END, true)) IS NOT NULL
  AND (SELECT set_config('lock_timeout', $3, true)) IS NOT NULL
  AND CASE WHEN clock_timestamp() < 'epoch'::timestamptz + $2::float8 * interval '1 microsecond' THEN true ELSE ('solid_cache: this write came after its deadline, at ' || clock_timestamp()::text)::boolean END;
