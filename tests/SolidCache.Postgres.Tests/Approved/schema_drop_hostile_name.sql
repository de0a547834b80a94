DO $solid_cache$
DECLARE
  routine regprocedure;
BEGIN
  FOR routine IN
    SELECT oid
    FROM pg_catalog.pg_proc
    WHERE pronamespace = pg_catalog.to_regnamespace( E'"Ünï""co''dé\\"')::oid
      AND (proname IN ( E'x"; DROP TABLE {state}; --''\\_cleanup_expired',  E'x"; DROP TABLE {state}; --''\\_sweep_expired') OR pg_catalog.starts_with(proname,  E'x"; DROP TABLE {state}; --''\\_'))
      AND pg_catalog.strpos(prosrc,  E'."x""; DROP TABLE {state}; --''\\"') > 0
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
    WHERE type.typname =  E'x"; DROP TABLE {state}; --''\\_sweep_count' AND type.typnamespace = pg_catalog.to_regnamespace( E'"Ünï""co''dé\\"')::oid
      AND type.typtype = 'd' AND type.typbasetype::text = '20'::text AND NOT type.typnotnull AND type.typdefault IS NULL
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint AS checked WHERE checked.contypid = type.oid)
  ) THEN
    DROP DOMAIN "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_sweep_count";
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
        ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"', 'expires_at', 'timestamp with time zone', 'expires_at timestamp with time zone', true),
          ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"', 'created_at', 'timestamp with time zone', 'created_at timestamp with time zone NOT NULL DEFAULT pg_catalog.now()', true),
          ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"', 'sliding_expiration', 'bigint', 'sliding_expiration bigint', true),
          ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"', 'absolute_expiration', 'timestamp with time zone', 'absolute_expiration timestamp with time zone', true),
          ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"', 'key', 'text', 'key text COLLATE "C"', true),
          ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"', 'value', 'bytea', 'value bytea', true),
          ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"', 'lease', 'bigint', 'lease bigint', false),
          ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"', 'lease_ends_at', 'timestamp with time zone', 'lease_ends_at timestamp with time zone', false),
          ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"', 'stale_for', 'bigint', 'stale_for bigint', false),
          ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"', 'tags', 'text[]', 'tags text[]', false),
          ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"', 'made_after', 'pg_snapshot', 'made_after pg_snapshot', false),
          ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\"', 'compressed', 'bytea', 'compressed bytea', false),
          ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_state"', 'singleton', 'boolean', 'singleton boolean NOT NULL DEFAULT true', true),
          ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_state"', 'schema_version', 'integer', 'schema_version integer', true),
          ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_state"', 'minimum_library_version', 'integer', 'minimum_library_version integer', true),
          ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_state"', 'application', 'text', 'application text', false),
          ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_state"', 'sweep_holder', 'text', 'sweep_holder text', false),
          ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_state"', 'sweep_lease_ends_at', 'timestamp with time zone', 'sweep_lease_ends_at timestamp with time zone', false),
          ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_state"', 'sweep_next_block', 'bigint', 'sweep_next_block bigint NOT NULL DEFAULT 0', false),
          ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_state"', 'sweep_file', 'bigint', 'sweep_file bigint', false),
          ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_state"', 'sweep_deleted', 'bigint', 'sweep_deleted bigint NOT NULL DEFAULT 0', false),
          ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_state"', 'last_sweep_finished_at', 'timestamp with time zone', 'last_sweep_finished_at timestamp with time zone', false),
          ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_state"', 'last_sweep_deleted', 'bigint', 'last_sweep_deleted bigint', false),
          ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_state"', 'identity', 'uuid', 'identity uuid NOT NULL DEFAULT pg_catalog.gen_random_uuid()', false),
          ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_tag_removals"', 'tag', 'text', 'tag text COLLATE "C"', true),
          ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_tag_removals"', 'removed_by', 'xid8', 'removed_by xid8 NOT NULL DEFAULT pg_catalog.pg_current_xact_id()', true),
          ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_tag_removals"', 'swept_at', 'timestamp with time zone', 'swept_at timestamp with time zone', false),
          ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_invalidations"', 'transaction', 'xid8', 'transaction xid8 NOT NULL DEFAULT pg_catalog.pg_current_xact_id()', true),
          ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_invalidations"', 'keys', 'text[]', 'keys text[]', true),
          ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_invalidations"', 'epoch', 'uuid', 'epoch uuid', true),
          ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_invalidations"', 'written_at', 'timestamp with time zone', 'written_at timestamp with time zone NOT NULL DEFAULT pg_catalog.clock_timestamp()', false),
          ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_invalidations"', 'tags', 'text[]', 'tags text[]', false),
          ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_invalidations"', 'channel', 'text', 'channel text', false),
          ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_invalidations"', 'message', 'bytea', 'message bytea', false),
          ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_invalidations"', 'horizon', 'xid8', 'horizon xid8', false),
          ( E'"Ünï""co''dé\\"."x""; DROP TABLE {state}; --''\\_invalidations"', 'pruned_to', 'xid8', 'pruned_to xid8', false)
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
