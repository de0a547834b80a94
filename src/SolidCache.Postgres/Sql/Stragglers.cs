using System.Diagnostics.CodeAnalysis;
using SolidCache.Postgres.Diagnostics;
using SolidCache.Postgres.Dispatch;

namespace SolidCache.Postgres.Sql;

/// <summary>
/// The writes whose rows others have locked, and those of batches that failed because of one row. They are tried together on one connection beside the
/// lanes, until each is done or its time is up, so that neither the rest of their batch nor a lane waits with them.
/// </summary>
internal sealed class Stragglers(
    ConnectionSource connections, EntryStatements statements, WriteQueue queue, Action wakeLanes, WriteFailures failures, CallClock clock, CacheTelemetry telemetry)
{
    private const int MostTogether = 128;
    private const int MostTriedAgain = 32;

    /// <summary>Of a row that the server undoes because of what others do to it at the same time.</summary>
    private const int MostAttempts = 20;
    private static readonly TimeSpan BetweenTries = TimeSpan.FromMilliseconds(10);
    private readonly object _gate = new();
    private readonly List<KeyWrite> _arrived = [];
    private readonly Queue<KeyWrite> _locked = new();
    private readonly LaneSession _session = new(connections);
    private readonly WriteRows _rows = new(statements, connections.ServerClock, clock);
    private volatile bool _hasThread;

    /// <summary>Gets a value indicating whether rows are locked by others, and more may be.</summary>
    public bool AreThere => _hasThread;

    /// <summary>Takes the rows of a batch over from their lane, and ends them.</summary>
    public void Add(IReadOnlyCollection<KeyWrite> rows)
    {
        lock (_gate)
        {
            _arrived.AddRange(rows);
            Monitor.Pulse(_gate);
            if (_hasThread)
            {
                return;
            }

            _hasThread = true;
        }

        if (!OwnThread.TryStart("locked rows", Run))
        {
            Lose();
        }
    }

    /// <summary>There is no thread for them, nor for what has arrived meanwhile.</summary>
    private void Lose()
    {
        List<KeyWrite> rows;
        lock (_gate)
        {
            rows = [.. _arrived];
            _arrived.Clear();
            _hasThread = false;
        }

        queue.End(rows, OwnThread.NoneLeft);
        wakeLanes();
    }

    private void Run()
    {
        while (Next() is { Count: > 0 } rows)
        {
            var locked = Wanted(rows).GroupBy(static row => row.Kind)
                .SelectMany(static kind => kind.OrderBy(static row => row.Winner.Key).Chunk(MostTogether))
                .SelectMany(chunk => Try([.. chunk]))
                .ToList();
            wakeLanes();
            lock (_gate)
            {
                locked.ForEach(_locked.Enqueue);
                if (_arrived.Count == 0 && locked.Count > 0)
                {
                    Monitor.Wait(_gate, BetweenTries);
                }
            }
        }
    }

    /// <summary>The rows as their callers want them still; those for which nobody waits any more end here.</summary>
    private List<KeyWrite> Wanted(List<KeyWrite> rows)
    {
        List<KeyWrite> wanted = [];
        List<KeyWrite> unwanted = [];
        foreach (var row in rows)
        {
            if (queue.Wanted(row) is { } still)
            {
                wanted.Add(still);
            }
            else
            {
                unwanted.Add(row);
            }
        }

        queue.End(unwanted, error: null);
        return wanted;
    }

    private List<KeyWrite> Next()
    {
        lock (_gate)
        {
            if (_arrived.Count + _locked.Count > 0)
            {
                // Those that were locked before in turns: what has just come may be free, and is not to wait for all of them.
                List<KeyWrite> rows = [.. _arrived];
                _arrived.Clear();
                for (var tries = MostTriedAgain; tries > 0 && _locked.TryDequeue(out var row); tries--)
                {
                    rows.Add(row);
                }

                return rows;
            }
        }

        _session.Rest();
        lock (_gate)
        {
            _hasThread = _arrived.Count + _locked.Count > 0;
            return _hasThread ? Next() : [];
        }
    }

    /// <returns>The rows that are still locked.</returns>
    [SuppressMessage("Design", "CA1031", Justification = "Whatever it is, it is the answer of those who wait.")]
    private List<KeyWrite> Try(List<KeyWrite> rows, int attempt = 1)
    {
        telemetry.WriteRetried();
        var oldest = rows.Min(static row => row.Began);
        var sent = default(Session);
        try
        {
            sent = _session.Get();
            var locked = _rows.SendFree(sent, rows, connections.ServerClock.At(oldest, clock.Limit)).ToHashSet(StringComparer.Ordinal);
            if (locked.Count < rows.Count)
            {
                failures.Executed(rows[0].Kind);
            }

            queue.End(rows.FindAll(row => !locked.Contains(row.Winner.Key.Stored)), error: null);
            return rows.FindAll(row => locked.Contains(row.Winner.Key.Stored));
        }
        catch (Exception error) when (WriteFailures.IsOfServer(error))
        {
            return Failed(rows, error, attempt, oldest, sent);
        }
        catch (Exception error)
        {
            failures.Unexpected(error);
            var backend = _session.Backend;
            _session.RestAfter(error);
            if (sent is null)
            {
                queue.End(rows, () => connections.Explained(error));
            }
            else
            {
                failures.EndInDoubt(rows, error, oldest, backend);
            }

            return [];
        }
    }

    private List<KeyWrite> Failed(List<KeyWrite> rows, Exception error, int attempt, long oldest, Session? sent)
    {
        var backend = _session.Backend;
        var mayTakeEffect = sent is not null && sent.IsInDoubtAfter(error);
        _session.RestAfter(error);
        if (mayTakeEffect)
        {
            failures.EndInDoubt(rows, error, oldest, backend);
            return [];
        }

        var isLate = LateWrite.IsReportedBy(error);
        if (isLate && !clock.IsOver(oldest))
        {
            // The server has turned its clock: the next look will tell.
            connections.ServerClock.Doubt();
            return rows;
        }

        if (rows.Count > 1 && (isLate || ServerErrors.IsLocked(error) || ServerErrors.LiesInARow(error) || ServerErrors.IsUndone(error)))
        {
            var half = rows.Count / 2;
            return [.. Try(rows[..half]), .. Try(rows[half..])];
        }

        if (isLate || ServerErrors.IsLocked(error))
        {
            return rows;
        }

        if (ServerErrors.IsUndone(error) && attempt < MostAttempts)
        {
            return Try(rows, attempt + 1);
        }

        queue.End(rows, failures.Judged(error, rows[0].Kind));
        return [];
    }
}
