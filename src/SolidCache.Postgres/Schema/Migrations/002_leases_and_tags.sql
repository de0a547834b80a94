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

{refuse_strangers}

-- Whether no tag of an entry was removed since it was made. A removal counts by its transaction: whoever could not see it committed has made the entry from
-- what was there before. What is not of this server's past, as after a restore from a dump, tells nothing, and counts as removed. A function, since a subquery
-- would cost every read of an entry without tags a quarter more; and with its owner's rights, so that to read takes no right on the removals.
-- An argument of the cache's own type, which nobody else may use: beside an overload of somebody else's, every read would be ambiguous.
CREATE OR REPLACE FUNCTION {is_fresh_function}(tags text[], made_after pg_snapshot, own {count_type})
RETURNS boolean
LANGUAGE sql
STABLE
PARALLEL SAFE
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $solid_cache$
  SELECT pg_snapshot_xmax(made_after) <= pg_snapshot_xmax(pg_current_snapshot())
    AND NOT EXISTS (
      SELECT
      FROM {tag_removals} AS removal
      WHERE removal.tag = ANY (tags)
        AND NOT pg_visible_in_snapshot(removal.removed_by, made_after)
    )
    AND {entries_literal} IS NOT NULL -- whose function it is
$solid_cache$;

-- The first tells a transaction of this database from one of another that has a cache of the same name. Tables of the first days lack the second.
ALTER TABLE {state}
  ADD COLUMN IF NOT EXISTS identity    uuid NOT NULL DEFAULT pg_catalog.gen_random_uuid(),
  ADD COLUMN IF NOT EXISTS application text;

-- Rows without tags are not in it, and stay HOT. On a large table it is made by itself, without a lock: see TagIndex.
DO $solid_cache$
BEGIN
  IF pg_catalog.pg_relation_size({entries_literal}::pg_catalog.regclass) < 16 * 1024 * 1024 AND NOT EXISTS (
    SELECT
    {tag_index_found}
  ) THEN
    -- Its name may be somebody else's.
    IF to_regclass({tag_index_literal}) IS NULL THEN
      CREATE INDEX {tag_index_name} {tag_index_definition};
    ELSE
      CREATE INDEX {tag_index_definition};
    END IF;
  END IF;
END
$solid_cache$;

UPDATE {state} SET schema_version = 2 WHERE schema_version < 2;
