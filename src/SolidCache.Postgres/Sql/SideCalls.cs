using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Sql;

/// <summary>The calls that go beside the lanes: of ranges of keys, of the whole table, and the breakers' questions.</summary>
internal sealed class SideCalls(
    ConnectionSource connections, EntryStatements statements, RangeRemoval removal, TagRemoval tagRemoval, StatisticsReader table, SideWork removals, SideWork tagRemovals, SideWork looks, SideWork probes)
{
    public const string ReadProbe = "/* solid_cache:probe */ SELECT false";
    public const string WriteProbe = "/* solid_cache:probe */ SELECT current_setting('transaction_read_only')::boolean";
    private static readonly TimeSpan ProbesWait = TimeSpan.FromSeconds(2);

    public Task<long> RemoveAsync(IReadOnlyList<KeyRange> ranges, CancellationToken cancellationToken)
    {
        // A connection that breaks starts the walk anew; what was removed before counts all the same.
        var (before, last) = (0L, 0L);
        return removals.RunStepsAsync(
            session =>
            {
                before += last;
                last = 0;
                return before + removal.Run(session, ranges, removed => last = removed, cancellationToken);
            },
            cancellationToken);
    }

    public Task<long> RemoveTagsAsync(IReadOnlyList<CacheKey> tags, CancellationToken cancellationToken) =>
        tagRemovals.RunStepsAsync(session => tagRemoval.Run(session, tags, cancellationToken), cancellationToken);

    public Task<SolidCacheStatistics> ReadStatisticsAsync(TimeSpan overdueAfter, CancellationToken cancellationToken) =>
        looks.RunAsync(session => table.Read(session, overdueAfter), cancellationToken);

    /// <summary>Removes what is stale since a set was dropped at a timestamp: by the latest that the server's clock may have shown, or the old value might stay.</summary>
    /// <returns>The keys whose rows others have locked.</returns>
    public IReadOnlyList<string> RemoveStale(IReadOnlyList<(string Key, long DroppedAt)> dropped) => probes.Run(
        ProbesWait,
        session => session.Query(
            static rows => rows.Text(0),
            statements.RemoveStale,
            Parameter.Texts([.. dropped.Select(static one => one.Key)]),
            Parameter.BigInts([.. dropped.Select(one => connections.ServerClock.AtLatest(one.DroppedAt))])));

    /// <summary>Whether the server would serve reads; throws if not. Blocks, as all that breakers ask.</summary>
    public void ProbeReads() => Probe(ReadProbe);

    public void ProbeWrites() => Probe(WriteProbe);

    private void Probe(string isRefused)
    {
        connections.ForgetIdle();
        probes.Run(ProbesWait, session =>
        {
            if (session.QueryOne(static rows => rows.Bool(0), isRefused))
            {
                connections.ForgetIfReadOnly(session);
                throw new SolidCacheException("The server is read-only.");
            }

            return true;
        });
    }
}
