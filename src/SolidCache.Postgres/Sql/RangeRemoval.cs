using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Sql;

/// <summary>Removes a range of keys, a slice a transaction, so that no lock is held for long.</summary>
internal static class RangeRemoval
{
    public static async ValueTask<long> RunAsync(Session session, EntryStatements statements, KeyRange range, CancellationToken cancellationToken)
    {
        var total = 0L;
        var from = range.From;
        while (true)
        {
            var (removed, last) = await RemoveSliceAsync(session, statements, range, from, cancellationToken).ConfigureAwait(false);
            total += removed;
            if (removed < EntryStatements.RemovalSlice)
            {
                return total;
            }

            from = last!;
        }
    }

    private static async ValueTask<(long Removed, string? Last)> RemoveSliceAsync(
        Session session, EntryStatements statements, KeyRange range, string from, CancellationToken cancellationToken)
    {
        var rows = await session.Unbounded(
            statements.RemoveSlice,
            Parameter.Text(from),
            Parameter.TextOrNull(range.To),
            Parameter.TextOrNull(range.Pattern),
            Parameter.Bool(range.SkipsPrefixed)).QueryAsync(cancellationToken).ConfigureAwait(false);
        await using (rows.ConfigureAwait(false))
        {
            await rows.ReadAsync(cancellationToken).ConfigureAwait(false);
            return (rows.BigInt(0), rows.TextOrNull(1));
        }
    }
}
