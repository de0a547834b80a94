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
DROP DOMAIN IF EXISTS "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_sweep_count";
DROP TABLE IF EXISTS "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\";
DROP TABLE IF EXISTS "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_tag_removals";
DROP TABLE IF EXISTS "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_invalidations";
DROP TABLE IF EXISTS "Ünï""co'dé\"."x""; DROP TABLE {state}; --'\_state";
