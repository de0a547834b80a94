using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Npgsql;
using SolidCache.Postgres.Diagnostics;
using SolidCache.Postgres.Dispatch;
using SolidCache.Postgres.Resilience;

namespace SolidCache.Postgres.Sql;

/// <summary>
/// Executes batches of writes in one round trip: a statement for each kind of write, a transaction for each statement. When a batch
/// fails for a reason that lies in an entry, or for want of room, its rows are executed one by one, so that nobody fails for another's.
/// </summary>
internal sealed class WriteBatchExecutor : IBatchExecutor<KeyWrite>
{
    private readonly ConnectionSource _connections;
    private readonly WriteQueue _queue;
    private readonly CacheTelemetry _telemetry;
    private readonly Log _log;
    private readonly LaneSession _session;
    private readonly LockedRows _locked;
    private readonly WriteRows _rows;

    public WriteBatchExecutor(
        ConnectionSource connections, EntryStatements statements, WriteQueue queue, LockedRows locked, CacheTelemetry telemetry, Log log)
    {
        (_connections, _queue, _locked, _telemetry, _log) = (connections, queue, locked, telemetry, log);
        _session = new(connections);
        _rows = new(statements);
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever happens is the answer of those who wait.")]
    public async Task ExecuteAsync(List<KeyWrite> batch)
    {
        // Every statement locks its rows in the order of their keys, or batches of two nodes that share keys would deadlock.
        batch.Sort(static (one, other) => one.Winner.Key.CompareTo(other.Winner.Key));
        try
        {
            await SendAsync(batch).ConfigureAwait(false);
            End(batch, error: null);
        }
        catch (NpgsqlException error) when (LiesInEntries(error))
        {
            _telemetry.WriteRetried();
            if (LateWrite.IsReportedBy(error))
            {
                // Either one of them was late, or the server has turned its clock: the next look will tell.
                _connections.Clock.Doubt();
            }

            // The connection may have ended: the server does that to idle ones, and Npgsql when the server lacks something.
            await _session.RestAsync().ConfigureAwait(false);

            // What others have seen is not written again: it would undo what they have written since.
            var done = batch.FindAll(_rows.TookEffect);
            var undone = batch.FindAll(write => !_rows.TookEffect(write));
            _telemetry.Touched(done.Count(static write => write.Winner.Kind == WriteKind.Touch));
            End(done, error: null);
            foreach (var write in undone)
            {
                await ExecuteAloneAsync([write]).ConfigureAwait(false);
            }
        }
        catch (Exception error)
        {
            await FailAsync(batch, error).ConfigureAwait(false);
        }
    }

    public void GiveUp() => _session.GiveUp();

    public Task RestAsync() => _session.RestAsync();

    /// <summary>Also what another transaction's locks brought about: one by one, each row locks only itself. And a full disk: only sets need room.</summary>
    private static bool LiesInAnEntry(PostgresException error) =>
        error.SqlState[..2] is "21" or "22" or "23" or "54" || error.SqlState is PostgresErrorCodes.ReadOnlySqlTransaction || Failure.MayWriteAgain(error)
        || Failure.IsDiskFull(error);

    /// <summary>More than one statement of a batch may have failed.</summary>
    private bool LiesInEntries(NpgsqlException error)
    {
        Exception[] errors = error.InnerException is AggregateException several ? [.. several.InnerExceptions] : [error];
        return Array.TrueForAll(errors, static one => one is PostgresException single && LiesInAnEntry(single)) && _rows.Explains(errors.Length);
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever happens is the answer of those who wait.")]
    private async Task ExecuteAloneAsync(List<KeyWrite> write)
    {
        try
        {
            await SendAsync(write).ConfigureAwait(false);
            End(write, error: null);
        }
        catch (PostgresException error) when (LockWait.Ended(error))
        {
            _locked.Add(write[0]);
        }
        catch (PostgresException error) when (Failure.MaySkipTouch(error) && write[0].Winner.Kind == WriteKind.Touch)
        {
            _log.TouchSkipped(error.SqlState);
            End(write, error: null);
        }
        catch (Exception error)
        {
            await FailAsync(write, error).ConfigureAwait(false);
        }
    }

    private async Task FailAsync(List<KeyWrite> batch, Exception error)
    {
        await _session.RestAsync().ConfigureAwait(false);
        End(batch, _connections.Explained(error));
    }

    private void End(List<KeyWrite> batch, Exception? error) => _queue.End(CollectionsMarshal.AsSpan(batch), error);

    private async ValueTask SendAsync(List<KeyWrite> batch)
    {
        try
        {
            batch.ForEach(_rows.Add);
            var session = await _session.GetAsync().ConfigureAwait(false);
            var deadline = _connections.DeadlineOf(batch.Min(static write => write.Began));
            _telemetry.Touched(await session.RunAsync(
                (Rows: _rows, deadline), static (session, call, token) => call.Rows.SendAsync(session, call.deadline, token), _session.Token).ConfigureAwait(false));
        }
        finally
        {
            _rows.Clear();
        }
    }
}
