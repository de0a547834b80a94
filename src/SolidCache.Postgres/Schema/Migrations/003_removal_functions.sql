-- Removal by whoever changes the data, in his own transaction: by a call from psql and other languages, and by triggers.
-- What they call of one another has an argument of the cache's own type, and all arguments are of the types that it takes, so that no overload of somebody else's fits.
-- A function knows its name by how PostgreSQL first wrote it in a session: without needless quotes, whatever the session wants.
-- All of them run with the rights of their caller, and leave what the library's own removal in a transaction leaves: see RemovalBarrier.

-- The key under which an entry stands in the table, as KeySpace maps it.
CREATE OR REPLACE FUNCTION {stored_key_function}(key text, prefix text DEFAULT NULL, own {count_type} DEFAULT NULL)
RETURNS text
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $solid_cache$
DECLARE
  cache CONSTANT text := {entries_literal};
  lead text := CASE WHEN prefix IS NOT NULL THEN prefix || '^' WHEN strpos(key, '^') > 0 THEN '^' ELSE '' END;
  room integer := 1024 - octet_length(lead);
  bytes bytea;
BEGIN
  IF key IS NULL THEN
    RETURN NULL;
  ELSIF octet_length(prefix) NOT BETWEEN 1 AND 128 OR strpos(prefix, '^') > 0 THEN
    RAISE EXCEPTION '''%'' is not a key prefix of the cache %: it must have 1 to 128 bytes, without ''^''.', prefix, cache USING ERRCODE = 'invalid_parameter_value';
  END IF;

  IF octet_length(key) <= room AND (strpos(key, '#sha256:') = 0 OR left(right(key, 72), 8) <> '#sha256:' OR translate(right(key, 64), '0123456789abcdef', '') <> '') THEN
    RETURN lead || key;
  END IF;

  -- Its readable start, cut before a character that does not fit. Bytes 80 to BF go on with the character before them.
  bytes := convert_to(key, 'UTF8');
  room := least(room - 72, octet_length(bytes));
  WHILE room < octet_length(bytes) AND get_byte(bytes, room) BETWEEN 128 AND 191 LOOP
    room := room - 1;
  END LOOP;

  -- The units of UTF-16, the low byte first, are what the library hashes.
  RETURN lead || convert_from(substr(bytes, 1, room), 'UTF8') || '#sha256:' || (
    SELECT encode(sha256(coalesce(string_agg(
      CASE
        WHEN code < 65536 THEN substr(int4send(((code & 255) << 8) | (code >> 8)), 3)
        ELSE int4send(((high & 255) << 24) | ((high >> 8) << 16) | ((low & 255) << 8) | (low >> 8))
      END, '' ORDER BY place), '')), 'hex')
    FROM unnest(string_to_array(key, NULL)) WITH ORDINALITY AS letter (letter, place)
    CROSS JOIN LATERAL ascii(letter) AS code
    CROSS JOIN LATERAL (SELECT 55296 + ((code - 65536) >> 10) AS high, 56320 + ((code - 65536) & 1023) AS low) AS pair);
END
$solid_cache$;

-- Removes entries when the transaction commits; a key that is null, nothing.
CREATE OR REPLACE FUNCTION {remove_keys_function}(keys text[], prefix text DEFAULT NULL, own {count_type} DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $solid_cache$
DECLARE
  called text;
BEGIN
  {refuse_renamed}
  INSERT INTO {entries} AS entry (expires_at, key, value)
  SELECT '-infinity', removed.key, ''
  FROM (
    SELECT DISTINCT {stored_key_function}(given.key, prefix, NULL::{count_type}) COLLATE "C" AS key
    FROM unnest(keys) AS given (key)
    WHERE given.key IS NOT NULL
  ) AS removed
  ORDER BY removed.key
  {barrier};
END
$solid_cache$;

CREATE OR REPLACE FUNCTION {remove_function}(key text, prefix text DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $solid_cache$
DECLARE
  called text;
BEGIN
  {refuse_renamed}
  PERFORM {remove_keys_function}(ARRAY[key], prefix, NULL::{count_type});
END
$solid_cache$;

-- Removes all entries of a tag when the transaction commits; of one that is null, nothing.
CREATE OR REPLACE FUNCTION {remove_by_tag_function}(tag text, prefix text DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $solid_cache$
#variable_conflict use_column
DECLARE
  stored text := {stored_key_function}($1, $2, NULL::{count_type});
  called text;
BEGIN
  {refuse_renamed}
  INSERT INTO {tag_removals} (tag)
  SELECT stored
  WHERE stored IS NOT NULL
  ON CONFLICT (tag, removed_by) DO UPDATE SET swept_at = NULL;
END
$solid_cache$;

-- A template as what stands before its first column, that column, what stands after it, the next column, and so on.
CREATE OR REPLACE FUNCTION {template_function}(table_name regclass, template text, own {count_type})
RETURNS text[]
LANGUAGE plpgsql
STABLE
SET search_path = pg_catalog, pg_temp
AS $solid_cache$
DECLARE
  cache CONSTANT text := {entries_literal};
  piece text;
  parts text[] := ARRAY[''];
BEGIN
  FOR piece IN SELECT match[1] FROM regexp_matches(template, '[{][{]|[}][}]|[{][^{}]+[}]|[^{}]+|.', 'g') AS match LOOP
    IF piece IN ('{', '}') THEN
      RAISE EXCEPTION 'The template ''%'' of the cache % has a brace without its other half.', template, cache
        USING ERRCODE = 'invalid_parameter_value', HINT = 'A column stands in braces; a brace that is part of the key is written twice.';
    ELSIF left(piece, 1) <> '{' OR piece = '{{' THEN
      parts[array_length(parts, 1)] := parts[array_length(parts, 1)] || CASE piece WHEN '{{' THEN '{' WHEN '}}' THEN '}' ELSE piece END;
    ELSE
      piece := substr(piece, 2, length(piece) - 2);
      parts := parts || piece::text || ''::text;
      IF NOT EXISTS (
        SELECT
        FROM pg_attribute
        WHERE attrelid = table_name
          AND attname = piece
          AND attnum > 0
          AND NOT attisdropped
          AND attgenerated <> 'v'
      ) THEN
        RAISE EXCEPTION 'The template ''%'' of the cache % names ''%'', which is no stored column of %.', template, cache, piece, table_name
          USING ERRCODE = 'undefined_column',
            HINT = format('If the column was renamed or dropped: SELECT %s(%L, %L); and install the triggers with a template of today.', {forget_literal}, table_name, template);
      END IF;
    END IF;
  END LOOP;
  RETURN parts;
END
$solid_cache$;

-- What makes a key of a row in a statement that reads nothing else, null where one of the template's columns is. It reads no other column: they may be large, or hold what JSON
-- cannot. The columns stand by themselves: behind the name of the row, one that is not there any more could be a function of it.
CREATE OR REPLACE FUNCTION {key_of_row_function}(parts text[], own {count_type})
RETURNS text
LANGUAGE plpgsql
IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $solid_cache$
DECLARE
  cache CONSTANT text := {entries_literal};
BEGIN
  IF parts[1] IS NULL THEN
    RAISE EXCEPTION 'This is no template of the cache %.', cache USING ERRCODE = 'invalid_parameter_value';
  END IF;

  RETURN (
    SELECT string_agg(CASE place % 2 WHEN 1 THEN quote_literal(part) ELSE format('(to_jsonb(%I) #>> ''{}''::text[])', part) END, ' || ' ORDER BY place)
    FROM unnest(parts) WITH ORDINALITY AS piece (part, place));
END
$solid_cache$;

-- What a trigger does: removes some keys; all that the template could make, where they are null, since the table was truncated.
CREATE OR REPLACE FUNCTION {removal_function}(table_name regclass, template text, prefix text, keys text[], own {count_type})
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $solid_cache$
DECLARE
  parts text[];
  start text;
BEGIN
  IF keys IS NULL THEN
    parts := {template_function}(table_name, template, NULL::{count_type});
  END IF;

  IF keys IS NOT NULL OR array_length(parts, 1) = 1 THEN
    PERFORM {remove_keys_function}(coalesce(keys, parts), prefix, NULL::{count_type});
    RETURN;
  END IF;

  -- Their snapshot is older than the lock on the table: what was stored since, of rows that TRUNCATE takes away all the same, they cannot see.
  IF current_setting('transaction_isolation') IN ('repeatable read', 'serializable') THEN
    RAISE EXCEPTION 'TRUNCATE of % in a transaction at % cannot remove from the cache % what was stored since its first statement.',
      table_name, current_setting('transaction_isolation'), {entries_literal}
      USING ERRCODE = 'feature_not_supported', HINT = 'Truncate at read committed, or use DELETE.';
  END IF;

  -- An entry that is not there needs no barrier: nobody reads the table between the lock of the TRUNCATE and its commit.
  -- No stored key is longer than 256 of the last of all characters. Without a prefix, a key with a '^' stands behind one.
  FOREACH start IN ARRAY CASE WHEN prefix IS NOT NULL THEN ARRAY[prefix || '^' || parts[1]] WHEN strpos(parts[1], '^') > 0 THEN ARRAY['^' || parts[1]] ELSE ARRAY[parts[1], '^' || parts[1]] END LOOP
    DELETE FROM ONLY {entries} AS entry
    WHERE entry.key = ANY (ARRAY(
      SELECT key
      FROM ONLY {entries}
      WHERE key BETWEEN start AND start || repeat(chr(1114111), 256)
        AND (strpos(start, '^') > 0 OR strpos(key, '^') = 0)
        AND {is_ours}
      ORDER BY key
      FOR UPDATE
    ));
  END LOOP;
END
$solid_cache$;

-- A column becomes text as JSON writes it, and in one way, whatever the settings of who changes it.
CREATE OR REPLACE FUNCTION {changed_function}()
RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
SET timezone = 'UTC'
SET datestyle = 'ISO, YMD'
SET intervalstyle = 'postgres'
SET bytea_output = 'hex'
SET extra_float_digits = 1
SET lc_monetary = 'C'
AS $solid_cache$
#variable_conflict use_variable -- The rows' columns may have any name.
DECLARE
  template CONSTANT text := TG_ARGV[0];
  prefix CONSTANT text := nullif(TG_ARGV[1], '');
  keys_query CONSTANT text := TG_ARGV[CASE TG_OP WHEN 'INSERT' THEN 3 WHEN 'UPDATE' THEN 4 WHEN 'DELETE' THEN 5 END];
  keys text[];
  called text;
BEGIN
  IF TG_ARGV[2] = 'warn' THEN
    BEGIN
      {remove_changed}
    EXCEPTION WHEN OTHERS THEN
      RAISE WARNING 'What the cache % holds of % may be outdated: it could not be removed. %', {entries_literal}, TG_RELID::regclass, SQLERRM
        USING ERRCODE = SQLSTATE;
    END;
  ELSE
    {remove_changed}
  END IF;
  RETURN NULL;
END
$solid_cache$;

-- From now on, whoever changes a row removes the entries whose keys the template makes of it as it was and as it is. May be called again.
CREATE OR REPLACE FUNCTION {remove_on_change_function}(table_name regclass, template text, prefix text DEFAULT NULL, on_failure text DEFAULT 'fail')
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $solid_cache$
DECLARE
  target pg_class%ROWTYPE;
  own text := left(encode(sha256(convert_to(concat_ws(chr(10), {entries_literal}, template, prefix), 'UTF8')), 'hex'), 16);
  action text;
  kind text;
  part regclass;
  for_each_row boolean;
  key text;
  before text;
  after text;
  queries text[];
  chosen text[];
  called text;
BEGIN
  {refuse_renamed}
  SELECT * INTO target FROM pg_class WHERE oid = table_name;
  IF (octet_length(template) BETWEEN 1 AND 512 AND on_failure IN ('fail', 'warn') AND target.relkind IN ('r', 'p')) IS NOT TRUE
    OR table_name IN (to_regclass({entries_literal}), to_regclass({state_literal}), to_regclass({tag_removals_literal}), to_regclass({invalidations_literal})) THEN
    RAISE EXCEPTION 'Wanted are a table that is not the cache''s own, a template of 1 to 512 bytes, and ''fail'' or ''warn''.' USING ERRCODE = 'invalid_parameter_value';
  END IF;

  PERFORM {stored_key_function}(''::text, prefix, NULL::{count_type});
  -- For each statement they cost a bulk change a seventh of what they cost it for each row, and take the keys in their order. But those of a partition, or of another table that
  -- inherits, are not called when it is changed by the name of what it is a part of, nor those of a partitioned one the other way round.
  for_each_row := target.relkind = 'p' OR EXISTS (SELECT FROM pg_inherits WHERE inhrelid = table_name);
  key := {key_of_row_function}({template_function}(table_name, template, NULL::{count_type}), NULL::{count_type});
  -- Under a name that no column has, for which the whole row would be taken.
  before := format('%s FROM %s AS row_%s', key, CASE WHEN for_each_row THEN '(SELECT ($1).*)' ELSE 'old_rows' END, own);
  after := format('%s FROM %s AS row_%s', key, CASE WHEN for_each_row THEN '(SELECT ($2).*)' ELSE 'new_rows' END, own);
  queries := CASE WHEN for_each_row
    THEN ARRAY[format('SELECT ARRAY[(SELECT %s)]', after), format('SELECT ARRAY[(SELECT %s), (SELECT %s)]', before, after), format('SELECT ARRAY[(SELECT %s)]', before)]
    ELSE ARRAY[format('SELECT ARRAY(SELECT DISTINCT %s)', after), format('SELECT ARRAY(SELECT %s UNION SELECT %s)', before, after), format('SELECT ARRAY(SELECT DISTINCT %s)', before)] END;
  SELECT format('EXECUTE FUNCTION %s(%s)', {changed_literal}, string_agg(quote_literal(argument), ', ' ORDER BY place)) INTO action
  FROM unnest(ARRAY[template, coalesce(prefix, ''), on_failure] || queries) WITH ORDINALITY AS given (argument, place);

  -- A table that has come to inherit from another, or does not any more, keeps no triggers of the other kind, which would do the work once more in their own way.
  FOR kind, part IN
    SELECT tgname, tgrelid
    FROM pg_trigger
    WHERE tgrelid IN (SELECT relid FROM pg_partition_tree(table_name) UNION SELECT table_name)
      AND tgparentid = 0
      AND tgname::text = ANY (
        CASE WHEN for_each_row
          THEN ARRAY['solid_cache_on_insert_' || own, 'solid_cache_on_update_' || own, 'solid_cache_on_delete_' || own]
          ELSE ARRAY['solid_cache_on_change_' || own] END)
  LOOP
    EXECUTE format('DROP TRIGGER %I ON %s', kind, part);
  END LOOP;

  -- A trigger that replaces another is enabled as a new one is, in partitions too: what the tables' owner has chosen is chosen again.
  SELECT array_agg(format(
    'ALTER TABLE ONLY %s %s TRIGGER %I', tgrelid::regclass, CASE tgenabled WHEN 'A' THEN 'ENABLE ALWAYS' WHEN 'R' THEN 'ENABLE REPLICA' ELSE 'DISABLE' END, tgname)) INTO chosen
  FROM pg_trigger
  WHERE tgrelid IN (SELECT relid FROM pg_partition_tree(table_name) UNION SELECT table_name)
    AND starts_with(tgname::text, 'solid_cache_on_')
    AND right(tgname::text, 17) = '_' || own
    AND tgenabled <> 'O';

  IF for_each_row THEN
    EXECUTE format('CREATE OR REPLACE TRIGGER %I AFTER INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW %s', 'solid_cache_on_change_' || own, table_name, action);
  ELSE
    FOREACH kind IN ARRAY ARRAY['insert', 'update', 'delete'] LOOP
      EXECUTE format(
        'CREATE OR REPLACE TRIGGER %I AFTER %s ON %s REFERENCING %s FOR EACH STATEMENT %s',
        format('solid_cache_on_%s_%s', kind, own),
        kind,
        table_name,
        CASE kind WHEN 'insert' THEN 'NEW TABLE AS new_rows' WHEN 'delete' THEN 'OLD TABLE AS old_rows' ELSE 'OLD TABLE AS old_rows NEW TABLE AS new_rows' END,
        action);
    END LOOP;
  END IF;

  FOR part IN SELECT relid FROM pg_partition_tree(table_name) UNION SELECT table_name LOOP
    EXECUTE format('CREATE OR REPLACE TRIGGER %I AFTER TRUNCATE ON %s FOR EACH STATEMENT %s', 'solid_cache_on_truncate_' || own, part, action);
  END LOOP;

  FOREACH action IN ARRAY coalesce(chosen, '{}') LOOP
    EXECUTE action;
  END LOOP;
END
$solid_cache$;

-- Takes the triggers of a template away, whatever their prefix; tells whether there were any.
CREATE OR REPLACE FUNCTION {forget_function}(table_name regclass, template text)
RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $solid_cache$
DECLARE
  own text := encode(convert_to(template, 'UTF8'), 'hex') || '00';
  name text;
  part regclass;
  were_any boolean := false;
  called text;
BEGIN
  {refuse_renamed}
  FOR name, part IN
    SELECT tgname, tgrelid
    FROM pg_trigger
    WHERE tgfoid = to_regprocedure({changed_literal} || '()')
      AND tgrelid IN (SELECT relid FROM pg_partition_tree(table_name) UNION SELECT table_name)
      AND tgparentid = 0
      AND starts_with(encode(tgargs, 'hex'), own)
  LOOP
    EXECUTE format('DROP TRIGGER %I ON %s', name, part);
    were_any := true;
  END LOOP;
  RETURN were_any;
END
$solid_cache$;

UPDATE {state} SET schema_version = 3 WHERE schema_version < 3;
