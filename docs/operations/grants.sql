-- The rights of an application's role on a cache with the default names, once its schema exists. As the tables' owner:
--   psql -v role=my_app -f grants.sql
GRANT USAGE ON SCHEMA public TO :"role";
GRANT SELECT, INSERT, UPDATE, DELETE ON public.solid_cache_entries, public.solid_cache_state TO :"role";
