using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Sql;

/// <summary>
/// Removes the entries of tags. One short transaction makes all of them misses at once, whatever is being made with such a tag included; then their rows are
/// deleted, a slice a transaction, but for those that others have locked, which the sweep finds.
/// </summary>
internal sealed class TagRemoval
{
    private const int KeysTogether = 50_000;

    /// <summary>What was stored since the index was vacuumed last is looked through for each of them: a thousand may take more than a second.</summary>
    private const int TagsTogether = 200;
    private readonly string _find;
    private readonly string _delete;

    public TagRemoval(SqlNames names)
    {
        Record = RecordOf(names, WriteConditions.Durability("true"));
        var isGone = $"NOT {EntryConditions.IsFresh(names, "entry")}";
        _find =
            $"""
            /* solid_cache:tagged */
            SELECT entry.key
            FROM ONLY {names.Entries} AS entry
            WHERE entry.tags OPERATOR(pg_catalog.&&) $1
              AND {isGone}
            LIMIT {KeysTogether}
            """;
        // By the place of the version that was looked at: a newer one was set after the removal, and stays.
        _delete =
            $"""
            /* solid_cache:remove_tagged */
            DELETE FROM ONLY {names.Entries} AS entry
            WHERE entry.ctid = ANY (ARRAY(
              SELECT entry.ctid
              FROM ONLY {names.Entries} AS entry
              WHERE entry.key = ANY ({EntryConditions.AskedKeys})
                AND {isGone}
              ORDER BY entry.key
              FOR UPDATE OF entry SKIP LOCKED
            ))
              AND {isGone}
              AND {WriteConditions.Durability("false")}
            """;
    }

    private string Record { get; }

    /// <summary>What makes all entries of the tags <c>$1</c> misses from the commit on.</summary>
    /// <param name="names">Of the cache.</param>
    /// <param name="condition">True; it may set how the transaction commits.</param>
    public static string RecordOf(SqlNames names, string condition) =>
        $"""
        /* solid_cache:remove_tags */
        INSERT INTO {names.TagRemovals} (tag)
        SELECT tag.name
        FROM (SELECT DISTINCT pg_catalog.unnest($1::text[]) AS name) AS tag
        WHERE {condition}
        ORDER BY tag.name
        ON CONFLICT (tag, removed_by) DO UPDATE SET swept_at = NULL
        """;

    /// <returns>How many rows were deleted.</returns>
    public long Run(Session session, IReadOnlyList<CacheKey> tags, CancellationToken cancellationToken)
    {
        List<string> stored = [.. tags.Select(static tag => tag.Stored)];
        session.Execute(Record, Parameter.Texts(stored));
        return stored.Chunk(TagsTogether).Sum(some => Delete(session, [.. some], cancellationToken));
    }

    private long Delete(Session session, List<string> tags, CancellationToken cancellationToken)
    {
        var total = 0L;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var keys = session.Query(static rows => rows.Text(0), _find, Parameter.Texts(tags));
            var deleted = 0L;
            foreach (var slice in keys.Chunk(EntryStatements.RemovalSlice))
            {
                cancellationToken.ThrowIfCancellationRequested();
                deleted += session.Execute(_delete, Parameter.Texts([.. slice]));
            }

            total += deleted;
            if (keys.Count < KeysTogether || deleted == 0)
            {
                return total;
            }
        }
    }
}
