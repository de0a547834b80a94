-- The rights of an application's role on a cache with the default names, once its schema exists. As the tables' owner:
--   psql -v role=my_app -f grants.sql
\set ON_ERROR_STOP on
\set SHOW_CONTEXT never
\if :{?role}
\else
DO $$ BEGIN RAISE 'Which role? psql -v role=my_app -f grants.sql'; END $$;
\endif
GRANT USAGE ON SCHEMA public TO :"role";
GRANT SELECT, INSERT, UPDATE, DELETE ON public.solid_cache_entries, public.solid_cache_tag_removals, public.solid_cache_invalidations TO :"role";
GRANT SELECT, UPDATE (sweep_holder, sweep_lease_ends_at, sweep_next_block, sweep_file, sweep_deleted, last_sweep_finished_at, last_sweep_deleted)
  ON public.solid_cache_state TO :"role";
-- What everybody has, unless default privileges take it from everybody.
GRANT EXECUTE ON FUNCTION public.solid_cache_is_fresh(text[], pg_snapshot, public.solid_cache_count) TO :"role";
