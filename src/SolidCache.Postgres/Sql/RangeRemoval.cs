using SolidCache.Postgres.Dispatch;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Sql;

/// <summary>
/// Removes ranges of keys, a slice a transaction, so that no lock is held for long: the rows of a slice that nobody has locked first, and then, holding no
/// lock, those that somebody had, once they are free.
/// </summary>
internal sealed class RangeRemoval(EntryStatements statements, ServerClock serverClock, CallClock clock, TableName table)
{
    private static readonly TimeSpan BetweenTries = TimeSpan.FromMilliseconds(20);

    /// <exception cref="TimeoutException">None of the locked rows of a slice became free within the limit of a call. The slices before it are removed, those after it are not.</exception>
    public long Run(Session session, IReadOnlyList<KeyRange> ranges, Action<long> removed, CancellationToken cancellationToken)
    {
        var total = 0L;
        foreach (var range in ranges)
        {
            var from = range.From;
            for (var rows = EntryStatements.RemovalSlice; rows == EntryStatements.RemovalSlice;)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var slice = RemoveSlice(session, range, from);
                total += slice.Removed + RemoveLocked(session, slice.Locked, cancellationToken);
                removed(total);
                (rows, from) = ((int)slice.Rows, slice.Last ?? from);
            }
        }

        return total;
    }

    private (long Rows, string? Last, long Removed, string[] Locked) RemoveSlice(Session session, KeyRange range, string from) => session.QueryOne(
        static rows => (rows.BigInt(0), rows.TextOrNull(1), rows.BigInt(2), rows.Texts(3)),
        statements.RemoveSlice,
        Parameter.Text(from),
        Parameter.TextOrNull(range.To),
        Parameter.TextOrNull(range.Pattern),
        Parameter.Bool(range.SkipsPrefixed));

    private long RemoveLocked(Session session, string[] keys, CancellationToken cancellationToken)
    {
        var began = clock.Now;
        var locked = keys;
        while (locked.Length > 0)
        {
            var still = session.Query(
                static rows => rows.Text(0), statements.RemoveFree, Parameter.Texts([.. locked]), Parameter.BigInt(serverClock.At(clock.Now, clock.Limit))).ToArray();
            began = still.Length < locked.Length ? clock.Now : began;
            locked = still;
            cancellationToken.ThrowIfCancellationRequested();
            if (locked.Length > 0 && clock.IsOver(began))
            {
                throw new TimeoutException(
                    $"{locked.Length} entries of the cache {table} were not removed: another client has had their rows locked for {clock.Limit.TotalSeconds} seconds ({nameof(PostgresSolidCacheOptions.OperationTimeout)}).");
            }

            if (locked.Length > 0)
            {
                cancellationToken.WaitHandle.WaitOne(BetweenTries);
            }
        }

        return keys.Length;
    }
}
