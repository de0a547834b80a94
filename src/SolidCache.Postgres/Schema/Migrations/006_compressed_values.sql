-- Values that the library has compressed. One stands in its own column, and the column of the others is null: whoever knows nothing of the new one, a library of before too, finds
-- no value instead of one that he cannot read; and what he writes counts, whatever stands beside it.
-- No row is rewritten, and the lock lasts as long as a look at the catalog.
ALTER TABLE {entries}
  ADD COLUMN IF NOT EXISTS compressed bytea,   -- of LZ4: see docs/schema.md
  ALTER COLUMN value DROP NOT NULL,
  ALTER COLUMN compressed SET STORAGE EXTERNAL;

UPDATE {state} SET schema_version = 6 WHERE schema_version < 6;
