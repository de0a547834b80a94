using SolidCache.Postgres.Sql;

namespace SolidCache.Postgres.Sweeping;

/// <summary>One walk over the table, block by block, that deletes what has expired in short transactions. Knows no timer and no lease.</summary>
internal sealed class SweepPass(SweepStatements statements, double bytesPerSecond, TimeProvider time)
{
    /// <summary>Told after each slice how far the pass is, and in which file; answers whether to go on.</summary>
    public delegate bool Progress(long nextBlock, long deleted, long file);

    /// <returns>How many entries were deleted, the earlier ones included, and whether the walk came to its end.</returns>
    public (long Deleted, bool Finished) Run(
        Session session, long firstBlock, long deletedBefore, Progress progress, CancellationToken cancellationToken)
    {
        var (file, blockCount, blockBytes) = Measure(session);
        var pace = new SweepPace(bytesPerSecond, blockBytes);
        var deleted = deletedBefore;
        // What the state says was perhaps written by somebody else: a place outside the table would end this pass, and every later one, at once.
        for (var block = firstBlock >= 0 && firstBlock < blockCount ? firstBlock : 0; block < blockCount;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var started = time.GetTimestamp();
            var blocks = (int)Math.Min(pace.Blocks, blockCount - block);
            deleted += session.Execute(statements.DeleteSlice, Parameter.BigInt(block), Parameter.BigInt(block + blocks));
            block += blocks;
            var rest = pace.After(blocks, time.GetElapsedTime(started));
            var current = Measure(session);
            if (current.File != file)
            {
                // Somebody has rewritten the table (VACUUM FULL): its rows lie in other blocks now.
                (file, blockCount, block) = (current.File, current.BlockCount, 0);
            }

            if (!progress(block, deleted, file))
            {
                return (deleted, false);
            }

            if (rest > TimeSpan.Zero)
            {
                cancellationToken.WaitHandle.WaitOne(rest);
            }
        }

        if (session.QueryOne(static rows => rows.Bool(0), statements.MayForgetTagRemovals))
        {
            session.Execute(statements.ForgetTagRemovals);
        }

        // Triggers log what changes also while no node reads it.
        if (session.QueryOne(static rows => rows.Bool(0), statements.MayPruneInvalidations))
        {
            session.Execute(statements.Invalidations.Mark);
            while (session.Execute(statements.Invalidations.Prune) > 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }
        }

        return (deleted, true);
    }

    /// <summary>Whether this session can delete at all: not on a standby, and not when it is read-only.</summary>
    public bool CanWrite(Session session) => !session.QueryOne(static rows => rows.Bool(0), statements.IsReadOnly);

    private (long File, long BlockCount, long BlockBytes) Measure(Session session) =>
        session.QueryOne(static rows => (rows.BigInt(0), rows.BigInt(1), rows.BigInt(2)), statements.BlockCount);
}
