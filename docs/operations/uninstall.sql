-- Removes a cache with the default names and everything in it. Stop the applications that use it first, or they make it anew.
BEGIN;
DROP FUNCTION IF EXISTS public.solid_cache_changed() CASCADE;   -- and all triggers of solid_cache_remove_on_change
DROP FUNCTION IF EXISTS public.solid_cache_remove(text, text), public.solid_cache_remove_by_tag(text, text);
DROP FUNCTION IF EXISTS public.solid_cache_remove_on_change(regclass, text, text, text), public.solid_cache_forget(regclass, text);
DROP FUNCTION IF EXISTS public.solid_cache_remove_keys(text[], text, public.solid_cache_count), public.solid_cache_stored_key(text, text, public.solid_cache_count);
DROP FUNCTION IF EXISTS public.solid_cache_template(regclass, text, public.solid_cache_count), public.solid_cache_key_of_row(text[], public.solid_cache_count);
DROP FUNCTION IF EXISTS public.solid_cache_removal(regclass, text, text, text[], public.solid_cache_count), public.solid_cache_is_fresh(text[], pg_snapshot, public.solid_cache_count);
DROP FUNCTION IF EXISTS public.solid_cache_log_changes(boolean), public.solid_cache_log_change() CASCADE;   -- and its triggers
DROP PROCEDURE IF EXISTS public.sweep_expired_cache(public.solid_cache_count, double precision, bigint);
DROP FUNCTION IF EXISTS public.cleanup_expired_cache(public.solid_cache_count);
DROP DOMAIN IF EXISTS public.solid_cache_count;
DROP TABLE IF EXISTS public.solid_cache_entries;
DROP TABLE IF EXISTS public.solid_cache_tag_removals;
DROP TABLE IF EXISTS public.solid_cache_invalidations;
DROP TABLE IF EXISTS public.solid_cache_state;
COMMIT;
