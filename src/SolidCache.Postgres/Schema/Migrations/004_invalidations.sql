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

-- Asked for by hand, since IF NOT EXISTS wants the owner also where they exist.
DO $solid_cache$
BEGIN
  IF to_regclass({epoch_index_literal}) IS NULL THEN
    CREATE INDEX IF NOT EXISTS {invalidations_index} ON {invalidations} (transaction);
    CREATE UNIQUE INDEX {epoch_index} ON {invalidations} (transaction) WHERE epoch IS NOT NULL;
  END IF;
END
$solid_cache$;

-- With its owner's rights, so that who may write an entry needs no further one.
CREATE OR REPLACE FUNCTION {log_change_function}()
RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $solid_cache$
DECLARE
  most CONSTANT integer := 10000;
  changed text[];
BEGIN
  IF TG_TABLE_SCHEMA <> {schema_name} THEN
    RAISE EXCEPTION 'The schema of % was renamed after the triggers were made that log its changes.', {entries_literal}
      USING HINT = 'Start the application with the new name of the schema, or run solid-cache migrate.';
  END IF;

  IF TG_OP = 'INSERT' THEN
    INSERT INTO {invalidations} (tags) SELECT array_agg(tag) FROM new_rows HAVING count(*) > 0;
  ELSE
    IF TG_OP = 'UPDATE' THEN
      -- Most updates fill what had expired, which nobody remembers. A touch leaves created_at as it is.
      IF NOT EXISTS (SELECT FROM old_rows WHERE expires_at > now()) THEN
        RETURN NULL;
      END IF;
      changed := ARRAY(SELECT key FROM new_rows WHERE created_at >= now() OR expires_at <= now() LIMIT most + 1);
    ELSIF TG_OP = 'DELETE' THEN
      changed := ARRAY(SELECT key FROM old_rows WHERE expires_at > now() LIMIT most + 1);
    END IF;

    IF changed = '{}' THEN
      RETURN NULL;
    END IF;
    INSERT INTO {invalidations} (keys) VALUES (CASE WHEN cardinality(changed) <= most THEN changed END);
  END IF;

  -- A node that listens itself tells the others after its commits, once for many; a notification in each transaction would let them commit one by one.
  IF current_setting('solid_cache.announced', true) IS DISTINCT FROM 'later' THEN
    PERFORM pg_notify({channel_literal}, '');
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
