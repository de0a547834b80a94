using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Sql;

/// <summary>What makes a row an entry, as every statement sees it that looks.</summary>
internal static class EntryConditions
{
    /// <summary>
    /// The keys that a statement is asked about, as an array of which the planner does not see how few they are: it would make a plan for just these each time, by which a
    /// batch of up to eight reads took the server 1.4 to 1.9 times as long.
    /// </summary>
    public const string AskedKeys = "(SELECT $1)::text[]";

    /// <summary>True of every row, and an error where a table of somebody else's has taken the name meanwhile: what deletes by the key alone would delete there.</summary>
    public const string IsOurs = "(made_after IS NULL OR true)";

    /// <summary>Whether no tag of an entry was removed since it was made: see the function in the migrations.</summary>
    /// <param name="names">Of the cache.</param>
    /// <param name="entry">What the statement calls the entry.</param>
    public static string IsFresh(SqlNames names, string entry) =>
        $"({entry}.tags IS NULL OR {Freshness(names, $"{entry}.tags", $"{entry}.made_after")})";

    /// <summary>The function's call, with an argument of the cache's own type, which no function of somebody else's can have.</summary>
    public static string Freshness(SqlNames names, string tags, string madeAfter) => $"{names.Function("is_fresh")}({tags}, {madeAfter}, NULL::{names.CountType})";

    public static string IsLive(SqlNames names, string entry) => $"({entry}.expires_at > now() AND {IsFresh(names, entry)})";

    /// <summary>How much is left of an entry's absolute expiration, from 0 to 1; all of it where it has none.</summary>
    public static string LifeLeft(string entry) =>
        $"""
        CASE
            WHEN isfinite({entry}.absolute_expiration) AND isfinite({entry}.created_at) AND {entry}.absolute_expiration > {entry}.created_at
            THEN ({Seconds($"{entry}.absolute_expiration")} - {Seconds("now()")}) / ({Seconds($"{entry}.absolute_expiration")} - {Seconds($"{entry}.created_at")})
            ELSE 1::float8
          END
        """;

    /// <summary>Three columns: how much is left of an entry's life, how many microseconds it lives, null for ever, and its tags, unless they are too large.</summary>
    public static string Age(string entry) =>
        $"""
        {LifeLeft(entry)},
          CASE WHEN isfinite({entry}.expires_at) THEN (extract(epoch FROM {entry}.expires_at - now()) * 1000000.0)::bigint END,
          CASE WHEN {HasFewTags(entry)} THEN {entry}.tags END
        """;

    /// <summary>Whether an entry's tags take no more bytes, as they are stored, than those that this cache stores may.</summary>
    public static string HasFewTags(string entry) => $"coalesce(pg_catalog.pg_column_size({entry}.tags), 0) <= {TagSet.MaxBytes}";

    /// <summary>Longer than any duration that the library stores, a thousand years: what somebody else has stored must not lead out of range.</summary>
    public const string Longest = "31536000000000000";

    /// <summary>Until when the value of an entry may be served while another is made.</summary>
    /// <param name="entry">What the statement calls the entry.</param>
    /// <param name="most">The SQL of the microseconds for which it is served at most.</param>
    public static string StaleUntil(string entry, string? most = null) =>
        $"(least({entry}.expires_at, '250000-01-01'::timestamptz) + least(greatest({entry}.stale_for, 0), {(most is null ? "" : $"{most}, ")}{Longest})::float8 * interval '1 microsecond')";

    /// <summary>
    /// Two columns, one of which is null: the value as it is, and as it is where it is compressed. Unless it has more bytes than any that this cache stores: then it stays
    /// where it is, since its length is known without reading it.
    /// </summary>
    /// <param name="entry">What the statement calls the entry.</param>
    /// <param name="maxValueBytes">What it may have.</param>
    /// <param name="condition">Whether it is wanted.</param>
    public static string Value(string entry, int maxValueBytes, string? condition = null)
    {
        var wanted = condition is null ? "" : $" AND {condition}";
        return $"""
            CASE WHEN octet_length({entry}.value) <= {maxValueBytes}{wanted} THEN {entry}.value END,
              CASE WHEN {entry}.value IS NULL AND octet_length({entry}.compressed) <= {maxValueBytes}{wanted} THEN {entry}.compressed END
            """;
    }

    /// <summary>The bytes that a value takes. A compressed one counts only where there is none as it is: who knows nothing of them leaves it behind.</summary>
    public static string StoredBytes(string entry) => $"octet_length(coalesce({entry}.value, {entry}.compressed))";

    /// <summary>Until when a row is of use, be it only to whoever has its lease.</summary>
    public static string IsOfUseUntil(string entry) => $"greatest({entry}.expires_at, {StaleUntil(entry)}, {entry}.lease_ends_at)";

    /// <summary>Whether a row serves nobody any more, in a statement that calls it <c>entry</c>.</summary>
    public static string IsGone(SqlNames names) => $"({IsOfUseUntil("entry")} <= now() OR NOT {IsFresh(names, "entry")})";

    /// <summary>
    /// Forgets the removals of tags that no entry needs any more. The first time it only notes that they are committed: until later, somebody may add an entry who
    /// could not see them. That is the end of the statements that were under way, and of the transactions: one that has set an entry and commits it hours later. It waits for
    /// nobody's lock: another sweep has noted or forgotten those.
    /// </summary>
    public static string ForgetTagRemovals(SqlNames names) =>
        $"""
        WITH noted AS (
          UPDATE {names.TagRemovals} SET swept_at = now() WHERE ctid = ANY (ARRAY(SELECT ctid FROM {names.TagRemovals} WHERE swept_at IS NULL FOR UPDATE SKIP LOCKED))
        )
        DELETE FROM {names.TagRemovals} AS removal
        WHERE removal.ctid = ANY (ARRAY(
          SELECT removal.ctid
          FROM {names.TagRemovals} AS removal
          WHERE removal.swept_at < now() - interval '{KeptMinutes} minutes'
            AND pg_catalog.age(removal.xmin) > pg_catalog.age(pg_catalog.xid(pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot())))
            AND NOT EXISTS (
              SELECT
              FROM ONLY {names.Entries} AS entry
              WHERE entry.tags OPERATOR(pg_catalog.@>) ARRAY[removal.tag]
                AND NOT pg_catalog.pg_visible_in_snapshot(removal.removed_by, entry.made_after)
            )
          FOR UPDATE OF removal SKIP LOCKED
        ))
        """;

    /// <summary>A number, since the difference of two times may be out of the range of an interval.</summary>
    private static string Seconds(string time) => $"extract(epoch FROM {time})::float8";

    /// <summary>Longer than any statement of the cache takes to come to its commit.</summary>
    public const int KeptMinutes = 10;
}
