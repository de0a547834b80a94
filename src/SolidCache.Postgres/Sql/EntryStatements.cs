using System.Globalization;

namespace SolidCache.Postgres.Sql;

/// <summary>
/// The statements on entries, composed once for a table. Parameters are bigint, text, bytea and bool only: no time type crosses the
/// wire, so neither clocks nor time zones nor plugins of the application's data source matter.
/// </summary>
/// <remarks>
/// Operands have the very types of PostgreSQL's operators, and functions that are called with other types than their own, or take any, are qualified: a
/// better fit in another schema of the search_path would win over pg_catalog, and run as this role (CVE-2018-1058). What stands in a row is not believed
/// either, since others may have written it.
/// </remarks>
internal sealed class EntryStatements
{
    /// <summary>Rows that one transaction of a removal by prefix or pattern locks at most.</summary>
    public const int RemovalSlice = 1_000;

    public EntryStatements(SqlNames names, double slidingSlack, int maxValueBytes)
    {
        MaxValueBytes = maxValueBytes;
        var entries = names.Entries;
        var stretch = $"'{(1 + slidingSlack).ToString(CultureInfo.InvariantCulture)}'::float8";

        const string Window = $"least(greatest(sliding_expiration, 0), {EntryConditions.Longest})::float8";

        // A touch is due when less than the window remains, the cap leaves room for one, and it can be written: not on a standby.
        const string TouchIsDue =
            $"""
            sliding_expiration IS NOT NULL
              AND expires_at < now() + {Window} * interval '1 microsecond'
              AND expires_at < coalesce(absolute_expiration, 'infinity')
              AND NOT current_setting('transaction_read_only')::boolean
            """;
        var touched = $"least(absolute_expiration, now() + {Window} * {stretch} * interval '1 microsecond')";

        // The key comes back to be compared: a pooler that mixes up prepared statements would otherwise go unnoticed. A value that no set of this cache would
        // have stored stays where it is: its length is known without reading it.
        Read = ReadWhere("get", "key = $1");
        ReadMany = ReadWhere("get_many", $"key = ANY ({EntryConditions.AskedKeys})");
        ReadAged = ReadWhere(
            "get_aged",
            $"key = ANY ({EntryConditions.AskedKeys})",
            EntryConditions.HasFewTags("entry"),
            $",\n  {EntryConditions.Age("entry")}");

        Life =
            $"""
            /* solid_cache:life */
            SELECT key, {TouchIsDue}, CASE
              WHEN isfinite(expires_at) THEN least(
                (extract(epoch FROM expires_at - now()) * 1000000.0)::bigint,
                sliding_expiration)
            END
            FROM ONLY {entries} AS entry
            WHERE key = ANY ({EntryConditions.AskedKeys})
              AND {EntryConditions.IsLive(names, "entry")}
            """;

        // Locked first and in key order, or batches of two nodes that share keys would deadlock. It waits for nobody's lock: whoever has the row
        // is replacing, removing or touching the entry.
        Touch =
            $"""
            /* solid_cache:touch */
            UPDATE ONLY {entries} AS entry
            SET expires_at = {touched}
            WHERE entry.key = ANY (ARRAY(
              SELECT key
              FROM ONLY {entries}
              WHERE key = ANY ({EntryConditions.AskedKeys})
                AND expires_at > now()
                AND {TouchIsDue}
              ORDER BY key
              FOR UPDATE SKIP LOCKED
            ))
              AND {WriteConditions.Durability("false")}
            """;

        Sets = new(names, stretch);
        Leases = new(names, stretch, maxValueBytes);

        // What locks stands in an array, which is made once, before the rows are looked for: where the server takes the table for empty, it would lock anew for each row by a join.
        // The deadline is looked at as each row has been locked: the deletion itself waits for nobody.
        Remove =
            $"""
            /* solid_cache:remove */
            WITH locked AS MATERIALIZED (
              SELECT key FROM ONLY {entries} WHERE key = ANY ({EntryConditions.AskedKeys}) AND {EntryConditions.IsOurs} ORDER BY key FOR UPDATE
            )
            DELETE FROM ONLY {entries} AS entry
            WHERE entry.key = ANY (ARRAY(SELECT key FROM locked WHERE {LateWrite.Check("$2")}))
              AND {WriteConditions.Durability("true")}
              AND {WriteConditions.WaitsForLocks("$3")}
            """;

        // Leaves out the rows that others have locked, and tells their keys.
        RemoveFree =
            $"""
            /* solid_cache:remove_free */
            WITH free AS MATERIALIZED (
              SELECT key FROM ONLY {entries} WHERE key = ANY ({EntryConditions.AskedKeys}) AND {EntryConditions.IsOurs} ORDER BY key FOR UPDATE SKIP LOCKED
            ), removed AS (
              DELETE FROM ONLY {entries} AS entry
              WHERE entry.key = ANY (ARRAY(SELECT key FROM free))
                AND {WriteConditions.Durability("true")}
                AND {WriteConditions.WaitsForLocks($"'{WriteConditions.ShortLockWait}'")}
                AND {LateWrite.Check("$2")}
            )
            SELECT key FROM ONLY {entries} WHERE key = ANY ({EntryConditions.AskedKeys}) AND key NOT IN (SELECT key FROM free)
            """;

        // What was stored since a set was dropped, by whomever, is not stale.
        RemoveStale =
            $"""
            /* solid_cache:remove_stale */
            WITH stale AS MATERIALIZED (
              SELECT entry.key
              FROM ONLY {entries} AS entry
              JOIN (SELECT pg_catalog.unnest({EntryConditions.AskedKeys}) AS key, pg_catalog.unnest($2) AS dropped_at) AS dropped ON dropped.key = entry.key
              WHERE entry.key = ANY ({EntryConditions.AskedKeys})
                AND entry.created_at <= 'epoch'::timestamptz + dropped.dropped_at::float8 * interval '1 microsecond'
            ), free AS MATERIALIZED (
              SELECT key, created_at FROM ONLY {entries} WHERE key = ANY (ARRAY(SELECT key FROM stale)) AND {EntryConditions.IsOurs} ORDER BY key FOR UPDATE SKIP LOCKED
            ), removed AS (
              DELETE FROM ONLY {entries} AS entry
              USING free
              JOIN (SELECT pg_catalog.unnest({EntryConditions.AskedKeys}) AS key, pg_catalog.unnest($2) AS dropped_at) AS dropped ON dropped.key = free.key
              WHERE entry.key = free.key
                AND entry.key = ANY (ARRAY(SELECT key FROM free))
                AND free.created_at <= 'epoch'::timestamptz + dropped.dropped_at::float8 * interval '1 microsecond'
                AND {WriteConditions.Durability("true")}
            )
            SELECT key FROM stale WHERE key NOT IN (SELECT key FROM free)
            """;

        // Never prepared: planned with its values, the range becomes index bounds and an absent condition vanishes. It holds the locks of what it
        // removes and waits for none; what was locked is told.
        RemoveSlice =
            $"""
            /* solid_cache:remove_range */
            WITH slice AS MATERIALIZED (
              SELECT key
              FROM ONLY {entries}
              WHERE key >= $1
                AND ($2::text IS NULL OR key < $2)
                AND ($3::text IS NULL OR key LIKE $3)
                AND (NOT $4 OR strpos(key, '^') = 0)
              ORDER BY key
              LIMIT {RemovalSlice}
            ), free AS MATERIALIZED (
              SELECT key FROM ONLY {entries} WHERE key = ANY (ARRAY(SELECT key FROM slice)) AND {EntryConditions.IsOurs} ORDER BY key FOR UPDATE SKIP LOCKED
            ), removed AS (
              DELETE FROM ONLY {entries} AS entry
              WHERE entry.key = ANY (ARRAY(SELECT key FROM free))
                AND {WriteConditions.Durability("true")}
              RETURNING entry.key
            )
            SELECT
              (SELECT count(*) FROM slice),
              (SELECT max(key) FROM slice),
              (SELECT count(*) FROM removed),
              ARRAY(SELECT key FROM slice WHERE key NOT IN (SELECT key FROM removed))
            """;

        string ReadWhere(string name, string condition, string? isWanted = null, string further = "") =>
            $"""
            /* solid_cache:{name} */
            SELECT key, {TouchIsDue}, {EntryConditions.Value("entry", maxValueBytes, isWanted)}{further}
            FROM ONLY {entries} AS entry
            WHERE {condition}
              AND {EntryConditions.IsLive(names, "entry")}
            """;
    }

    /// <summary>Gets the bytes that a value may have.</summary>
    public int MaxValueBytes { get; }

    public string Read { get; }

    public string ReadMany { get; }

    public string ReadAged { get; }

    public string Life { get; }

    public string Touch { get; }

    public SetStatements Sets { get; }

    public LeaseStatements Leases { get; }

    public string Remove { get; }

    public string RemoveFree { get; }

    public string RemoveStale { get; }

    public string RemoveSlice { get; }
}
