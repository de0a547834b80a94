using System.Globalization;

namespace SolidCache.Postgres.Sql;

/// <summary>
/// The statements on entries, composed once for a table. Parameters are bigint, text, bytea and bool only: no time type crosses the
/// wire, so neither clocks nor time zones nor plugins of the application's data source matter.
/// </summary>
/// <remarks>
/// Operands have the very types of PostgreSQL's operators, and functions that are called with other types than their own are qualified: a
/// better fit in another schema of the search_path would win over pg_catalog, and run as this role (CVE-2018-1058).
/// </remarks>
internal sealed class EntryStatements
{
    /// <summary>Rows that one transaction of a removal by prefix or pattern locks at most.</summary>
    public const int RemovalSlice = 1_000;

    public EntryStatements(SqlNames names, double slidingSlack)
    {
        var entries = names.Entries;
        var stretch = $"'{(1 + slidingSlack).ToString(CultureInfo.InvariantCulture)}'::float8";

        // A touch is due when less than the window remains, the cap leaves room for one, and it can be written: not on a standby.
        const string TouchIsDue =
            """
            sliding_expiration IS NOT NULL
              AND expires_at < now() + sliding_expiration::float8 * interval '1 microsecond'
              AND expires_at < coalesce(absolute_expiration, 'infinity')
              AND NOT current_setting('transaction_read_only')::boolean
            """;
        var touched = $"least(absolute_expiration, now() + sliding_expiration::float8 * {stretch} * interval '1 microsecond')";

        // The key comes back to be compared: a pooler that mixes up prepared statements would otherwise go unnoticed.
        Read =
            $"""
            /* solid_cache:get */
            SELECT key, {TouchIsDue}, value
            FROM {entries}
            WHERE key = $1
              AND expires_at > now()
            """;

        // A read must not wait for another transaction's lock on the row: whoever holds it is replacing, removing or touching the entry.
        TouchUnlessLocked =
            $"""
            /* solid_cache:touch */
            UPDATE {entries} AS entry
            SET expires_at = {touched}
            FROM (
              SELECT key AS due_key
              FROM {entries}
              WHERE key = $1
                AND expires_at > now()
                AND {TouchIsDue}
              FOR UPDATE SKIP LOCKED
            ) AS due
            WHERE entry.key = due.due_key
            """;

        Refresh =
            $"""
            /* solid_cache:refresh */
            UPDATE {entries}
            SET expires_at = {touched}
            WHERE key = $1
              AND expires_at > now()
              AND {TouchIsDue}
            """;

        ReadMany =
            $"""
            /* solid_cache:get_many */
            SELECT key, {TouchIsDue}, value
            FROM {entries}
            WHERE key = ANY ($1)
              AND expires_at > now()
            """;

        // Locked first and in key order, or batches of two nodes that share keys would deadlock.
        TouchMany =
            $"""
            /* solid_cache:touch_many */
            UPDATE {entries} AS entry
            SET expires_at = {touched}
            FROM (
              SELECT key AS due_key
              FROM {entries}
              WHERE key = ANY ($1)
                AND expires_at > now()
                AND {TouchIsDue}
              ORDER BY key
              FOR UPDATE SKIP LOCKED
            ) AS due
            WHERE entry.key = due.due_key
            """;

        RemoveMany =
            $"""
            /* solid_cache:remove_many */
            DELETE FROM {entries} AS entry
            USING (SELECT key FROM {entries} WHERE key = ANY ($1) ORDER BY key FOR UPDATE) AS doomed
            WHERE entry.key = doomed.key
              AND {Durably}
              AND {LockWait.IsShort}
              AND {LateWrite.Check("$2")}
            """;

        RelaxedWriteMany = WriteMany(Relaxed);
        DurableWriteMany = WriteMany(Durably);

        RelaxedWrite = Write(Relaxed);
        DurableWrite = Write(Durably);

        // The deadline is looked at when both sides of the join are there: after the lock, for which the deletion itself would wait too late.
        Remove =
            $"""
            /* solid_cache:remove */
            DELETE FROM {entries} AS entry
            USING (SELECT key FROM {entries} WHERE key = $1 FOR UPDATE) AS doomed
            WHERE entry.key = doomed.key
              AND {Durably}
              AND {LockWait.IsShort}
              AND {LateWrite.Check("$2")}
            """;

        // Locks in key order, as every statement does that takes more than one row. Never prepared: planned with its values, the
        // range becomes index bounds and an absent condition vanishes.
        RemoveSlice =
            $"""
            /* solid_cache:remove_range */
            WITH slice AS (
              SELECT key
              FROM {entries}
              WHERE key >= $1
                AND ($2::text IS NULL OR key < $2)
                AND ($3::text IS NULL OR key LIKE $3)
                AND (NOT $4 OR strpos(key, '^') = 0)
              ORDER BY key
              LIMIT {RemovalSlice}
              FOR UPDATE
            ), removed AS (
              DELETE FROM {entries} AS entry
              USING slice
              WHERE entry.key = slice.key
              RETURNING entry.key
            )
            SELECT count(*), max(key)
            FROM removed
            WHERE {Durably}
            """;

        TimeToLive =
            $"""
            /* solid_cache:ttl */
            SELECT CASE
              WHEN isfinite(expires_at) THEN least(
                (extract(epoch FROM expires_at - now()) * 1000000.0)::bigint,
                sliding_expiration)
            END
            FROM {entries}
            WHERE key = $1
              AND expires_at > now()
            """;

        // Zero stands for no expiration: a nullable number costs the client an object each. The rows come in the order of their keys
        // (WriteBatchExecutor), and unnest in the select list hands them on one by one; in FROM it would store all of them four times.
        string WriteMany(string durability) =>
            $"""
            /* solid_cache:set_many */
            {Insert("row.key", "row.absolute", "row.sliding", "row.value")}
            FROM (
              SELECT unnest($1) AS key, unnest($2) AS absolute, unnest($3) AS sliding, unnest($4) AS value
            ) AS row
            WHERE {durability}
              AND {LockWait.IsShort}
              AND {LateWrite.Check("$5")}
            {Overwrite}
            """;

        string Write(string durability) =>
            $"""
            /* solid_cache:set */
            {Insert("$1", "$2", "$3", "$4")}
            WHERE {durability}
              AND {LockWait.IsShort}
              AND {LateWrite.Check("$5")}
            {Overwrite}
            """;

        string Insert(string key, string absolute, string sliding, string value) =>
            $"""
            INSERT INTO {entries} AS entry (expires_at, created_at, sliding_expiration, absolute_expiration, key, value)
            SELECT
              least(
                now() + nullif({absolute}, 0)::float8 * interval '1 microsecond',
                now() + nullif({sliding}, 0)::float8 * {stretch} * interval '1 microsecond',
                'infinity'),
              now(),
              nullif({sliding}, 0),
              now() + nullif({absolute}, 0)::float8 * interval '1 microsecond',
              {key},
              {value}
            """;
    }

    // A condition without a table is evaluated once, before the first row.
    private const string Relaxed = "(SELECT set_config('synchronous_commit', 'off', true)) IS NOT NULL";

    /// <summary>Raises <c>synchronous_commit</c> from off for this transaction, and leaves any other setting as the server has it.</summary>
    private const string Durably =
        "(SELECT set_config('synchronous_commit', replace(current_setting('synchronous_commit'), 'off', 'on'), true)) IS NOT NULL";

    private static readonly string Overwrite =
        $"""
        ON CONFLICT (key) DO UPDATE SET
          expires_at = excluded.expires_at,
          created_at = excluded.created_at,
          sliding_expiration = excluded.sliding_expiration,
          absolute_expiration = excluded.absolute_expiration,
          value = excluded.value
        WHERE {LateWrite.Check("$5")}
        """;

    public string Read { get; }

    public string ReadMany { get; }

    public string TouchUnlessLocked { get; }

    public string TouchMany { get; }

    public string Refresh { get; }

    public string RelaxedWrite { get; }

    public string RelaxedWriteMany { get; }

    public string DurableWrite { get; }

    public string DurableWriteMany { get; }

    public string Remove { get; }

    public string RemoveMany { get; }

    public string RemoveSlice { get; }

    public string TimeToLive { get; }
}
