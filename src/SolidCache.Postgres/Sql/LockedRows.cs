using System.Diagnostics.CodeAnalysis;
using SolidCache.Postgres.Diagnostics;
using SolidCache.Postgres.Dispatch;

namespace SolidCache.Postgres.Sql;

/// <summary>
/// The writes whose row another client has locked. They are tried in turn on one connection beside the lanes, until their time is up, so that neither
/// the rest of their batch nor a lane waits with them.
/// </summary>
internal sealed class LockedRows(ConnectionSource connections, EntryStatements statements, WriteQueue queue, CacheTelemetry telemetry)
{
    private readonly Lock _gate = new();
    private readonly Queue<KeyWrite> _waiting = new();
    private readonly WriteRows _rows = new(statements);
    private bool _isTrying;

    /// <summary>Takes a write over from its lane, and ends it.</summary>
    public void Add(KeyWrite write)
    {
        lock (_gate)
        {
            _waiting.Enqueue(write);
            if (_isTrying)
            {
                return;
            }

            _isTrying = true;
        }

        _ = TryAllAsync();
    }

    private async Task TryAllAsync()
    {
        while (Next() is { } write)
        {
            await TryAsync(write).ConfigureAwait(false);
        }
    }

    private KeyWrite? Next()
    {
        lock (_gate)
        {
            _isTrying = _waiting.TryDequeue(out var write);
            return _isTrying ? write : null;
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever happens is the answer of those who wait.")]
    private async Task TryAsync(KeyWrite write)
    {
        try
        {
            telemetry.WriteRetried();
            _rows.Add(write);
            // Not before it has really ended: its value goes back to the pool then.
            await connections.RunStepsAsync(
                (Rows: _rows, connections, write.Began),
                static (session, call, token) => call.Rows.SendAsync(session, call.connections.DeadlineOf(call.Began), token),
                CancellationToken.None).ConfigureAwait(false);
            End(write, error: null);
        }
        catch (Exception error) when (LockWait.Ended(error) && !connections.IsOver(write.Began))
        {
            lock (_gate)
            {
                _waiting.Enqueue(write);
            }
        }
        catch (Exception error)
        {
            End(write, LockWait.Ended(error) ? connections.StillLocked(error) : error);
        }
        finally
        {
            _rows.Clear();
        }
    }

    private void End(KeyWrite write, Exception? error)
    {
        queue.End([write], error);
        queue.Ready();
    }
}
