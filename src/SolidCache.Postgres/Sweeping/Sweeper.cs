using Npgsql;
using SolidCache.Postgres.Diagnostics;
using SolidCache.Postgres.Sql;

namespace SolidCache.Postgres.Sweeping;

/// <summary>Sweeps once: in turn with the other nodes, or at once because somebody asked for it.</summary>
internal sealed class Sweeper(ConnectionSource connections, SweepStatements statements, SweepPass pass, CacheTelemetry telemetry)
{
    private readonly SweepLease _lease = new(statements);

    /// <summary>Runs a pass if none finished within <paramref name="minimumAge"/> and no other node is at it.</summary>
    public ValueTask<SweepResult> SweepInTurnAsync(TimeSpan minimumAge, CancellationToken cancellationToken) =>
        ObserveAsync(() => connections.RunStepsAsync(
            (Sweeper: this, minimumAge),
            static (session, call, token) => call.Sweeper.SweepInTurnAsync(session, call.minimumAge, token),
            cancellationToken));

    /// <summary>Runs a pass of its own now. Beside another node's it does no harm: each row is deleted once.</summary>
    public async ValueTask<long> SweepNowAsync(CancellationToken cancellationToken)
    {
        var result = await ObserveAsync(() => connections.RunStepsAsync(
            this,
            static async (session, sweeper, token) =>
            {
                var (deleted, _) = await sweeper.Pass
                    .RunAsync(session, 0, 0, static (_, _) => ValueTask.FromResult(true), token).ConfigureAwait(false);
                await session.Planned(sweeper.Statements.RecordManualSweep, Parameter.BigInt(deleted)).ExecuteAsync(token).ConfigureAwait(false);
                return new SweepResult(deleted, SkipReason: null);
            },
            cancellationToken)).ConfigureAwait(false);
        return result.Deleted;
    }

    private SweepStatements Statements => statements;

    private SweepPass Pass => pass;

    private async ValueTask<SweepResult> ObserveAsync(Func<ValueTask<SweepResult>> sweep)
    {
        var call = telemetry.Begin(CacheOperation.Sweep);
        try
        {
            var result = await sweep().ConfigureAwait(false);
            if (result.SkipReason is null)
            {
                call.Swept(result.Deleted);
            }
            else
            {
                call.Skipped();
            }

            return result;
        }
        catch (Exception error)
        {
            call.Fail(error);
            throw;
        }
    }

    private async ValueTask<SweepResult> SweepInTurnAsync(Session session, TimeSpan minimumAge, CancellationToken cancellationToken)
    {
        if (!await pass.CanWriteAsync(session, cancellationToken).ConfigureAwait(false))
        {
            return SweepResult.Skipped("the session is read-only");
        }

        if (await _lease.AcquireAsync(session, minimumAge, cancellationToken).ConfigureAwait(false) is not { } start)
        {
            return SweepResult.Skipped("another node sweeps, or swept within the interval");
        }

        try
        {
            var (deleted, finished) = await pass.RunAsync(
                session,
                start.NextBlock,
                start.Deleted,
                (nextBlock, deleted) => _lease.RecordAsync(session, nextBlock, deleted, cancellationToken),
                cancellationToken).ConfigureAwait(false);
            if (!finished)
            {
                return SweepResult.Skipped("the lease was lost to another node, which goes on");
            }

            await _lease.FinishAsync(session, deleted, cancellationToken).ConfigureAwait(false);
            return new SweepResult(deleted, SkipReason: null);
        }
        catch (OperationCanceledException)
        {
            await ReleaseAsync(session).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Spares the next node the wait for the lease's end. The host's token is spent: one short update, bounded by its time-out.</summary>
    private async ValueTask ReleaseAsync(Session session)
    {
        try
        {
            await _lease.ReleaseAsync(session, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception error) when (error is NpgsqlException or InvalidOperationException)
        {
            // The cancellation broke the connection, or has closed it; the lease ends by itself.
        }
    }
}
