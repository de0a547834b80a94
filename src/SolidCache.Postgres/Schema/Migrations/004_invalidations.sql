-- What has changed, for nodes that keep entries in their memory: one row for each statement that replaced or removed live ones, written in its transaction by triggers,
-- so that nobody who writes can leave it out. Unlogged: a crash, a failover and a restored backup empty it, which tells every node to drop all that it remembers.
CREATE UNLOGGED TABLE IF NOT EXISTS {invalidations} (
  transaction xid8 NOT NULL DEFAULT pg_catalog.pg_current_xact_id(),  -- 0: the row of the epoch
  written_at  timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
  keys        text[],                                                 -- as they stand in the table; everything changed where keys, tags and channel are null
  tags        text[],
  channel     text,                                                   -- of a message between nodes
  message     bytea,
  epoch       uuid,                                                   -- another one: what came before is not known
  horizon     xid8,                                                   -- of the epoch: before it, all had ended when this was written
  pruned_to   xid8                                                    -- of the epoch: what transactions before it wrote is not here any more
) USING heap WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 5000);

{refuse_strangers}

-- Without names of their own, which somebody else's may have.
DO $solid_cache$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_index WHERE indrelid = to_regclass({invalidations_literal}) AND indisunique) THEN
    CREATE INDEX ON {invalidations} (transaction);
    CREATE UNIQUE INDEX ON {invalidations} (transaction) WHERE epoch IS NOT NULL;
  END IF;
END
$solid_cache$;

-- With the rights of who writes. It is called by every batch of writes, and a search_path of its own would cost as much as all it does: so nothing in it is looked up there, operators
-- and types included.
CREATE OR REPLACE FUNCTION {log_change_function}()
RETURNS trigger
LANGUAGE plpgsql
AS $solid_cache$
BEGIN
  IF (TG_TABLE_SCHEMA OPERATOR(pg_catalog.=) {schema_name} AND (TG_TABLE_NAME OPERATOR(pg_catalog.=) {entries_name} OR TG_TABLE_NAME OPERATOR(pg_catalog.=) {tag_removals_name})) IS NOT TRUE THEN
    RAISE EXCEPTION 'This trigger logs the changes of % and of no other table. Was its schema renamed after the trigger was made?', {entries_literal}
      USING HINT = 'Start the application with the new name of the schema, or run solid-cache migrate.';
  END IF;

  -- Of more than ten thousand, only that everything may have changed.
  IF TG_OP OPERATOR(pg_catalog.=) 'UPDATE' THEN
    -- Most updates fill what had expired, which nobody remembers. A touch leaves created_at as it is.
    INSERT INTO {invalidations} (keys)
    SELECT CASE WHEN pg_catalog.count(*) OPERATOR(pg_catalog.<=) 10000 THEN pg_catalog.array_agg(changed.key) END
    FROM new_rows AS changed
    WHERE (changed.created_at OPERATOR(pg_catalog.>=) pg_catalog.now() OR changed.expires_at OPERATOR(pg_catalog.<=) pg_catalog.now())
      AND EXISTS (SELECT FROM old_rows AS replaced WHERE replaced.expires_at OPERATOR(pg_catalog.>) pg_catalog.now())
    HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 0;
  ELSIF TG_OP OPERATOR(pg_catalog.=) 'DELETE' THEN
    INSERT INTO {invalidations} (keys)
    SELECT CASE WHEN pg_catalog.count(*) OPERATOR(pg_catalog.<=) 10000 THEN pg_catalog.array_agg(removed.key) END
    FROM old_rows AS removed
    WHERE removed.expires_at OPERATOR(pg_catalog.>) pg_catalog.now()
    HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 0;
  ELSIF TG_OP OPERATOR(pg_catalog.=) 'INSERT' THEN
    INSERT INTO {invalidations} (tags)
    SELECT pg_catalog.array_agg(removal.tag)
    FROM new_rows AS removal
    HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 0;
  ELSE
    INSERT INTO {invalidations} DEFAULT VALUES;
  END IF;

  -- A node that listens itself tells the others after its commits, once for many; a notification in each transaction would let them commit one by one.
  IF FOUND AND coalesce(pg_catalog.current_setting('solid_cache.announced', true), '') OPERATOR(pg_catalog.<>) 'later' THEN
    PERFORM pg_catalog.pg_notify({channel_literal}, '');
  END IF;
  RETURN NULL;
END
$solid_cache$;

-- Begins to log changes, or stops. Whoever reads the log asks for it; nobody stops by himself, since another node may read on.
CREATE OR REPLACE FUNCTION {log_changes_function}(wanted boolean)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $solid_cache$
BEGIN
  IF wanted THEN
    CREATE OR REPLACE TRIGGER solid_cache_log_update AFTER UPDATE ON {entries} REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
      FOR EACH STATEMENT EXECUTE FUNCTION {log_change_function}();
    CREATE OR REPLACE TRIGGER solid_cache_log_delete AFTER DELETE ON {entries} REFERENCING OLD TABLE AS old_rows
      FOR EACH STATEMENT EXECUTE FUNCTION {log_change_function}();
    CREATE OR REPLACE TRIGGER solid_cache_log_truncate AFTER TRUNCATE ON {entries}
      FOR EACH STATEMENT EXECUTE FUNCTION {log_change_function}();
    CREATE OR REPLACE TRIGGER solid_cache_log_tag AFTER INSERT ON {tag_removals} REFERENCING NEW TABLE AS new_rows
      FOR EACH STATEMENT EXECUTE FUNCTION {log_change_function}();
    -- Also what a session writes that replays somebody else's changes.
    ALTER TABLE {entries}
      ENABLE ALWAYS TRIGGER solid_cache_log_update,
      ENABLE ALWAYS TRIGGER solid_cache_log_delete,
      ENABLE ALWAYS TRIGGER solid_cache_log_truncate;
    ALTER TABLE {tag_removals} ENABLE ALWAYS TRIGGER solid_cache_log_tag;
  ELSE
    DROP TRIGGER IF EXISTS solid_cache_log_update ON {entries};
    DROP TRIGGER IF EXISTS solid_cache_log_delete ON {entries};
    DROP TRIGGER IF EXISTS solid_cache_log_truncate ON {entries};
    DROP TRIGGER IF EXISTS solid_cache_log_tag ON {tag_removals};
    -- A node that reads on forgets all it remembers, and knows no new epoch until changes are logged again.
    TRUNCATE {invalidations};
  END IF;
END
$solid_cache$;

UPDATE {state} SET schema_version = 4 WHERE schema_version < 4;
