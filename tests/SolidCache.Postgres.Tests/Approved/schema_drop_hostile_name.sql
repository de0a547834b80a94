DO $solid_cache$
DECLARE
  routine regprocedure;
BEGIN
  FOR routine IN
    SELECT oid
    FROM pg_catalog.pg_proc
    WHERE pronamespace = pg_catalog.to_regnamespace( E'"Ünï""co''dé\\"')
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
DROP TABLE IF EXISTS "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\";
DROP TABLE IF EXISTS "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_tag_removals";
DROP TABLE IF EXISTS "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_invalidations";
DROP TABLE IF EXISTS "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_state";
