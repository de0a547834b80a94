-- Removes a cache with the default names and everything in it. Stop the applications that use it first, or they make it anew.
BEGIN;
DROP PROCEDURE IF EXISTS public.sweep_expired_cache(public.solid_cache_count, double precision, bigint);
DROP FUNCTION IF EXISTS public.cleanup_expired_cache(public.solid_cache_count);
DROP DOMAIN IF EXISTS public.solid_cache_count;
DROP TABLE IF EXISTS public.solid_cache_entries;
DROP TABLE IF EXISTS public.solid_cache_tag_removals;
DROP TABLE IF EXISTS public.solid_cache_state;
COMMIT;
