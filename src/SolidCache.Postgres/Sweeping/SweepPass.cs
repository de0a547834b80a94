using SolidCache.Postgres.Sql;

namespace SolidCache.Postgres.Sweeping;

/// <summary>One walk over the table, block by block, that deletes what has expired in short transactions. Knows no timer and no lease.</summary>
internal sealed class SweepPass(SweepStatements statements, double bytesPerSecond, TimeProvider time)
{
    /// <summary>Told after each slice how far the pass is; answers whether to go on.</summary>
    public delegate ValueTask<bool> Progress(long nextBlock, long deleted);

    /// <returns>How many entries were deleted, the earlier ones included, and whether the walk came to its end.</returns>
    public async ValueTask<(long Deleted, bool Finished)> RunAsync(
        Session session, long firstBlock, long deletedBefore, Progress progress, CancellationToken cancellationToken)
    {
        var (blockCount, blockBytes, _) = await MeasureAsync(session, cancellationToken).ConfigureAwait(false);
        var pace = new SweepPace(bytesPerSecond, blockBytes);
        var deleted = deletedBefore;
        for (var block = firstBlock; block < blockCount;)
        {
            var started = time.GetTimestamp();
            var blocks = (int)Math.Min(pace.Blocks, blockCount - block);
            deleted += await session.Planned(statements.DeleteSlice, Parameter.BigInt(block), Parameter.BigInt(block + blocks))
                .ExecuteAsync(cancellationToken).ConfigureAwait(false);
            block += blocks;
            var rest = pace.After(blocks, time.GetElapsedTime(started));
            if (!await progress(block, deleted).ConfigureAwait(false))
            {
                return (deleted, false);
            }

            if (rest > TimeSpan.Zero)
            {
                await Task.Delay(rest, time, cancellationToken).ConfigureAwait(false);
            }
        }

        return (deleted, true);
    }

    /// <summary>Whether this session can delete at all: not on a standby, and not when it is read-only.</summary>
    public async ValueTask<bool> CanWriteAsync(Session session, CancellationToken cancellationToken) =>
        !(await MeasureAsync(session, cancellationToken).ConfigureAwait(false)).IsReadOnly;

    private async ValueTask<(long BlockCount, long BlockBytes, bool IsReadOnly)> MeasureAsync(Session session, CancellationToken cancellationToken)
    {
        var rows = await session.Planned(statements.BlockCount).QueryAsync(cancellationToken).ConfigureAwait(false);
        await using (rows.ConfigureAwait(false))
        {
            await rows.ReadAsync(cancellationToken).ConfigureAwait(false);
            return (rows.BigInt(0), rows.BigInt(1), rows.Bool(2));
        }
    }
}
