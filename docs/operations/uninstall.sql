-- Removes a cache with the default names and everything in it. Stop the applications that use it first, or they make it anew.
BEGIN;
DO $solid_cache$
DECLARE
  routine regprocedure;
BEGIN
  FOR routine IN
    SELECT oid
    FROM pg_catalog.pg_proc
    WHERE pronamespace = pg_catalog.to_regnamespace('"public"')::oid
      AND (proname IN ('cleanup_expired_cache', 'sweep_expired_cache') OR pg_catalog.starts_with(proname, 'solid_cache_'))
      AND pg_catalog.strpos(prosrc, '."solid_cache_entries"') > 0
  LOOP
    EXECUTE pg_catalog.format('DROP ROUTINE %s CASCADE', routine);
  END LOOP;
END
$solid_cache$;
DO $solid_cache$
BEGIN
  IF EXISTS (
    SELECT
    FROM pg_catalog.pg_type AS type
    WHERE type.typname = 'solid_cache_count' AND type.typnamespace = pg_catalog.to_regnamespace('"public"')::oid
      AND type.typtype = 'd' AND type.typbasetype::text = '20'::text AND NOT type.typnotnull AND type.typdefault IS NULL
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint AS checked WHERE checked.contypid = type.oid)
  ) THEN
    DROP DOMAIN "public"."solid_cache_count";
  END IF;
END
$solid_cache$;
DO $solid_cache$
DECLARE
  made record;
BEGIN
  FOR made IN
    SELECT wanted.relation, pg_catalog.bool_and(class.relkind::text = 'r'::text AND given.attname IS NOT NULL) AS is_ours
    FROM (
      VALUES
        ('"public"."solid_cache_entries"', 'expires_at', 'timestamp with time zone', 'expires_at timestamp with time zone', true),
          ('"public"."solid_cache_entries"', 'created_at', 'timestamp with time zone', 'created_at timestamp with time zone NOT NULL DEFAULT pg_catalog.now()', true),
          ('"public"."solid_cache_entries"', 'sliding_expiration', 'bigint', 'sliding_expiration bigint', true),
          ('"public"."solid_cache_entries"', 'absolute_expiration', 'timestamp with time zone', 'absolute_expiration timestamp with time zone', true),
          ('"public"."solid_cache_entries"', 'key', 'text', 'key text COLLATE "C"', true),
          ('"public"."solid_cache_entries"', 'value', 'bytea', 'value bytea', true),
          ('"public"."solid_cache_entries"', 'lease', 'bigint', 'lease bigint', false),
          ('"public"."solid_cache_entries"', 'lease_ends_at', 'timestamp with time zone', 'lease_ends_at timestamp with time zone', false),
          ('"public"."solid_cache_entries"', 'stale_for', 'bigint', 'stale_for bigint', false),
          ('"public"."solid_cache_entries"', 'tags', 'text[]', 'tags text[]', false),
          ('"public"."solid_cache_entries"', 'made_after', 'pg_snapshot', 'made_after pg_snapshot', false),
          ('"public"."solid_cache_entries"', 'compressed', 'bytea', 'compressed bytea', false),
          ('"public"."solid_cache_state"', 'singleton', 'boolean', 'singleton boolean NOT NULL DEFAULT true', true),
          ('"public"."solid_cache_state"', 'schema_version', 'integer', 'schema_version integer', true),
          ('"public"."solid_cache_state"', 'minimum_library_version', 'integer', 'minimum_library_version integer', true),
          ('"public"."solid_cache_state"', 'application', 'text', 'application text', false),
          ('"public"."solid_cache_state"', 'sweep_holder', 'text', 'sweep_holder text', false),
          ('"public"."solid_cache_state"', 'sweep_lease_ends_at', 'timestamp with time zone', 'sweep_lease_ends_at timestamp with time zone', false),
          ('"public"."solid_cache_state"', 'sweep_next_block', 'bigint', 'sweep_next_block bigint NOT NULL DEFAULT 0', false),
          ('"public"."solid_cache_state"', 'sweep_file', 'bigint', 'sweep_file bigint', false),
          ('"public"."solid_cache_state"', 'sweep_deleted', 'bigint', 'sweep_deleted bigint NOT NULL DEFAULT 0', false),
          ('"public"."solid_cache_state"', 'last_sweep_finished_at', 'timestamp with time zone', 'last_sweep_finished_at timestamp with time zone', false),
          ('"public"."solid_cache_state"', 'last_sweep_deleted', 'bigint', 'last_sweep_deleted bigint', false),
          ('"public"."solid_cache_state"', 'identity', 'uuid', 'identity uuid NOT NULL DEFAULT pg_catalog.gen_random_uuid()', false),
          ('"public"."solid_cache_tag_removals"', 'tag', 'text', 'tag text COLLATE "C"', true),
          ('"public"."solid_cache_tag_removals"', 'removed_by', 'xid8', 'removed_by xid8 NOT NULL DEFAULT pg_catalog.pg_current_xact_id()', true),
          ('"public"."solid_cache_tag_removals"', 'swept_at', 'timestamp with time zone', 'swept_at timestamp with time zone', false),
          ('"public"."solid_cache_invalidations"', 'transaction', 'xid8', 'transaction xid8 NOT NULL DEFAULT pg_catalog.pg_current_xact_id()', true),
          ('"public"."solid_cache_invalidations"', 'keys', 'text[]', 'keys text[]', true),
          ('"public"."solid_cache_invalidations"', 'epoch', 'uuid', 'epoch uuid', true),
          ('"public"."solid_cache_invalidations"', 'written_at', 'timestamp with time zone', 'written_at timestamp with time zone NOT NULL DEFAULT pg_catalog.clock_timestamp()', false),
          ('"public"."solid_cache_invalidations"', 'tags', 'text[]', 'tags text[]', false),
          ('"public"."solid_cache_invalidations"', 'channel', 'text', 'channel text', false),
          ('"public"."solid_cache_invalidations"', 'message', 'bytea', 'message bytea', false),
          ('"public"."solid_cache_invalidations"', 'horizon', 'xid8', 'horizon xid8', false),
          ('"public"."solid_cache_invalidations"', 'pruned_to', 'xid8', 'pruned_to xid8', false)
    ) AS wanted (relation, name, type, definition, is_mark)
    JOIN pg_catalog.pg_class AS class ON class.oid = pg_catalog.to_regclass(wanted.relation)::oid
    LEFT JOIN pg_catalog.pg_attribute AS given ON given.attrelid = class.oid AND given.attname = wanted.name AND NOT given.attisdropped
    WHERE wanted.is_mark
    GROUP BY wanted.relation
  LOOP
    IF made.is_ours THEN
      EXECUTE pg_catalog.format('DROP TABLE %s', made.relation);
    ELSE
      RAISE WARNING '% is not one of SolidCache.Postgres, and stays.', made.relation;
    END IF;
  END LOOP;
END
$solid_cache$;
COMMIT;
