-- Removes a cache with the default names and everything in it. Stop the applications that use it first, or they make it anew.
BEGIN;
DROP PROCEDURE IF EXISTS public.sweep_expired_cache;
DROP FUNCTION IF EXISTS public.cleanup_expired_cache;
DROP TABLE IF EXISTS public.solid_cache_entries;
DROP TABLE IF EXISTS public.solid_cache_state;
COMMIT;
