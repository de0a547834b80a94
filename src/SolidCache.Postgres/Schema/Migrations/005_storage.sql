-- How values over 2 KB are kept from now on; what is there stays as it is. Once only, and not where the owner has chosen already: docs/benchmarks.md has the figures.
DO $solid_cache$
BEGIN
  IF (SELECT schema_version FROM {state}) < 5 THEN
    -- lz4 costs the server a third of what pglz does, or less. Some servers are built without it.
    IF EXISTS (SELECT FROM pg_settings WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals))
      AND EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass({entries_literal}) AND attname = 'value' AND attcompression = '') THEN
      ALTER TABLE {entries} ALTER COLUMN value SET COMPRESSION lz4;
    END IF;

    -- A row of up to half a page stays a row, and an overwrite finds room beside it; in TOAST it would be chunks of 2 KB, each in an index, of which each overwrite makes new ones.
    IF NOT EXISTS (SELECT FROM pg_class, unnest(reloptions) AS option WHERE oid = to_regclass({entries_literal}) AND starts_with(option, 'toast_tuple_target=')) THEN
      EXECUTE format('ALTER TABLE %s SET (toast_tuple_target = %s)', {entries_literal}, current_setting('block_size')::integer / 2 - 16);
    END IF;
  END IF;
END
$solid_cache$;

UPDATE {state} SET schema_version = 5 WHERE schema_version < 5;
