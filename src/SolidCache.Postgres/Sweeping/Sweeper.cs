using Npgsql;
using SolidCache.Postgres.Diagnostics;
using SolidCache.Postgres.Entries;
using SolidCache.Postgres.Sql;

namespace SolidCache.Postgres.Sweeping;

/// <summary>Sweeps once: in turn with the other nodes, or at once because somebody asked for it.</summary>
internal sealed class Sweeper(
    SideWork inTurn, SideWork byHand, SweepStatements statements, SweepPass pass, CacheTelemetry telemetry, Action stateLost, TableName table, Log log)
{
    private readonly SweepLease _lease = new(statements);

    /// <summary>Runs a pass if none finished within <paramref name="minimumAge"/> and no other node is at it.</summary>
    /// <exception cref="SolidCacheException">Somebody emptied the table of the state, and it may not be filled anew.</exception>
    public async ValueTask<SweepResult> SweepInTurnAsync(TimeSpan minimumAge, CancellationToken cancellationToken)
    {
        var result = await ObserveAsync(inTurn, session => SweepInTurn(session, minimumAge, cancellationToken), cancellationToken).ConfigureAwait(false);
        if (result != SweepResult.StateIsGone)
        {
            return result;
        }

        // Without the row there is no turn to take, for anybody, ever. The next session makes it anew, or says what to do.
        stateLost();
        result = await ObserveAsync(inTurn, session => SweepInTurn(session, minimumAge, cancellationToken), cancellationToken).ConfigureAwait(false);
        return result != SweepResult.StateIsGone
            ? result
            : throw new SolidCacheException("The row of the state table is gone, without which no node sweeps. It is looked for again.") { IsTransient = true };
    }

    /// <summary>Runs a pass of its own now. Beside another node's it does no harm: each row is deleted once.</summary>
    public async ValueTask<long> SweepNowAsync(CancellationToken cancellationToken)
    {
        var result = await ObserveAsync(
            byHand,
            session =>
            {
                var (deleted, _) = pass.Run(session, 0, 0, static (_, _, _) => true, cancellationToken);
                if (session.Execute(statements.RecordManualSweep, Parameter.BigInt(deleted)) == 0 && !HasState(session))
                {
                    stateLost();
                }

                return new(deleted, SkipReason: null);
            },
            cancellationToken).ConfigureAwait(false);
        return result.Deleted;
    }

    private async ValueTask<SweepResult> ObserveAsync(SideWork work, Func<Session, SweepResult> sweep, CancellationToken cancellationToken)
    {
        var call = telemetry.Begin(CacheOperation.Sweep);
        var began = TimeProvider.System.GetTimestamp();
        try
        {
            var result = await work.RunStepsAsync(sweep, cancellationToken).ConfigureAwait(false);
            if (result.SkipReason is null)
            {
                call.Swept(result.Deleted);
                log.CleanupExecuted(table, result.Deleted, TimeProvider.System.GetElapsedTime(began).TotalSeconds);
            }
            else
            {
                call.Skipped();
            }

            return result;
        }
        catch (Outage outage)
        {
            call.Fail(outage.Cause);
            outage.ThrowCause();
            throw;
        }
        catch (Exception error)
        {
            call.Fail(error);
            throw;
        }
    }

    private SweepResult SweepInTurn(Session session, TimeSpan minimumAge, CancellationToken cancellationToken)
    {
        if (!pass.CanWrite(session))
        {
            return SweepResult.Skipped("the session is read-only");
        }

        if (_lease.Acquire(session, minimumAge) is not { } start)
        {
            return HasState(session)
                ? SweepResult.Skipped("another node sweeps, or swept within the interval")
                : SweepResult.StateIsGone;
        }

        try
        {
            var (deleted, finished) = pass.Run(
                session, start.NextBlock, start.Deleted, (nextBlock, deleted, file) => _lease.Record(session, nextBlock, deleted, file), cancellationToken);
            if (!finished)
            {
                return SweepResult.Skipped("the lease was lost to another node, which goes on");
            }

            _lease.Finish(session, deleted);
            return new(deleted, SkipReason: null);
        }
        catch (OperationCanceledException)
        {
            Release(session);
            throw;
        }
    }

    private bool HasState(Session session) => session.QueryOne(static rows => rows.Bool(0), statements.HasState);

    /// <summary>Spares the next node the wait for the lease's end.</summary>
    private void Release(Session session)
    {
        try
        {
            _lease.Release(session);
        }
        catch (Exception error) when (error is NpgsqlException or InvalidOperationException)
        {
            // The connection is gone; the lease ends by itself.
        }
    }
}
