-- Who may fill an entry that is not there, what is served while it is made anew, and which entries belong together.
-- Columns without a default: no row is rewritten, and the lock lasts as long as a look at the catalog.
ALTER TABLE {entries}
  ADD COLUMN IF NOT EXISTS lease         bigint,       -- of whoever makes the value now, and may store it as long as this stands here
  ADD COLUMN IF NOT EXISTS lease_ends_at timestamptz,
  ADD COLUMN IF NOT EXISTS stale_for     bigint,       -- microseconds after its end for which the value may be served while another is made
  ADD COLUMN IF NOT EXISTS tags          text[],
  ADD COLUMN IF NOT EXISTS made_after    pg_snapshot;  -- of a tagged entry: the removals of tags that whoever made it had seen

-- One row for each removal of a tag: an entry that was not made after it is gone, from the moment its transaction commits. Rows are only ever added,
-- so that two transactions that remove the same tag do not wait for each other; the sweep deletes the entries, and then the row.
CREATE TABLE IF NOT EXISTS {tag_removals} (
  tag        text COLLATE "C" NOT NULL,
  removed_by xid8 NOT NULL DEFAULT pg_catalog.pg_current_xact_id(),
  swept_at   timestamptz,                              -- when its entries were deleted first; what was under way then may bring a last one
  PRIMARY KEY (tag, removed_by)
) USING heap;

-- The first tells a transaction of this database from one of another that has a cache of the same name. Tables of the first days lack the second.
ALTER TABLE {state}
  ADD COLUMN IF NOT EXISTS identity    uuid NOT NULL DEFAULT pg_catalog.gen_random_uuid(),
  ADD COLUMN IF NOT EXISTS application text;

-- Rows without tags are not in it, and stay HOT. On a large table it is made by itself, without a lock: see TagIndex.
DO $solid_cache$
BEGIN
  IF pg_catalog.pg_relation_size({entries_literal}::pg_catalog.regclass) < 16 * 1024 * 1024 THEN
    CREATE INDEX IF NOT EXISTS {tag_index_definition};
  END IF;
END
$solid_cache$;

UPDATE {state} SET schema_version = 2 WHERE schema_version < 2;
