-- Size
/* solid_cache:size */
SELECT
  pg_catalog.pg_relation_size( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"'::regclass) / current_setting('block_size')::bigint,
  pg_catalog.pg_total_relation_size( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"'::regclass),
  (SELECT CASE WHEN isfinite(last_sweep_finished_at) THEN (extract(epoch FROM now() - last_sweep_finished_at) * 1000000.0)::bigint END FROM "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_state" LIMIT 1);

-- Count
/* solid_cache:count */
SELECT total, expired, overdue, coalesce(bytes, 0)::bigint
FROM (
  SELECT count(*) FILTER (WHERE expires_at > '-infinity') AS total,
    count(*) FILTER (WHERE isfinite(expires_at) AND expires_at <= now()) AS expired,
    count(*) FILTER (WHERE isfinite(expires_at) AND greatest(entry.expires_at, (least(entry.expires_at, '250000-01-01'::timestamptz) + least(greatest(entry.stale_for, 0), 31536000000000000)::float8 * interval '1 microsecond'), entry.lease_ends_at) <= now() - $1::float8 * interval '1 microsecond') AS overdue,
    sum(octet_length(key) + octet_length(coalesce(entry.value, entry.compressed))) FILTER (WHERE expires_at > now()) AS bytes
  FROM ONLY "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\" AS entry
) AS counts;

-- Sample
/* solid_cache:sample */
SELECT
  sum(total)::bigint,
  sum(expired)::bigint,
  sum(overdue)::bigint,
  coalesce(sum(bytes), 0)::bigint
FROM (
  SELECT (($2 * (2 * number + 1)) / 256)::bigint AS number
  FROM generate_series(0, 127) AS number
) AS block
CROSS JOIN LATERAL (
  SELECT count(*) FILTER (WHERE expires_at > '-infinity') AS total,
    count(*) FILTER (WHERE isfinite(expires_at) AND expires_at <= now()) AS expired,
    count(*) FILTER (WHERE isfinite(expires_at) AND greatest(entry.expires_at, (least(entry.expires_at, '250000-01-01'::timestamptz) + least(greatest(entry.stale_for, 0), 31536000000000000)::float8 * interval '1 microsecond'), entry.lease_ends_at) <= now() - $1::float8 * interval '1 microsecond') AS overdue,
    sum(octet_length(key) + octet_length(coalesce(entry.value, entry.compressed))) FILTER (WHERE expires_at > now()) AS bytes
  FROM (
    SELECT expires_at, stale_for, lease_ends_at, key, value, compressed
    FROM ONLY "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\"
    WHERE ctid >= pg_catalog.format('(%s,0)', block.number)::tid
      AND ctid < pg_catalog.format('(%s,0)', block.number + 1)::tid
    LIMIT 1200
  ) AS entry
) AS counts;
