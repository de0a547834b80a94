using System.Diagnostics.CodeAnalysis;
using SolidCache.Postgres.Diagnostics;
using SolidCache.Postgres.Dispatch;

namespace SolidCache.Postgres.Sql;

/// <summary>
/// The writes whose rows others have locked, and those of batches that failed because of one row. They are tried together on one connection beside the
/// lanes, until each is done or its time is up, so that neither the rest of their batch nor a lane waits with them.
/// </summary>
/// <remarks>
/// What has come last goes first, a statement at a time: it may be free, and is not to wait for all that is known to be locked. Rows that somebody else has
/// inserted and not committed are seen by nobody, and only a wait for each tells which they are: seconds for hundreds.
/// </remarks>
internal sealed class Stragglers(
    ConnectionSource connections, EntryStatements statements, WriteQueue queue, WriteFailures failures, CallClock clock, CacheTelemetry telemetry)
{
    private const int MostTriedAgain = 32;

    /// <summary>Into which rows are divided that failed together.</summary>
    private const int Parts = 8;

    private static readonly TimeSpan BetweenTries = TimeSpan.FromMilliseconds(10);
    private readonly object _gate = new();
    private readonly LinkedList<List<KeyWrite>> _next = new();
    private readonly Queue<KeyWrite> _locked = new();
    private readonly LaneSession _session = failures.NewSession();
    private readonly WriteRows _rows = new(statements, connections.ServerClock, clock);
    private long _triedAgainAt;
    private volatile bool _hasThread;

    /// <summary>Gets a value indicating whether rows are locked by others, and more may be.</summary>
    public bool AreThere => _hasThread;

    /// <summary>Takes the rows of a batch over from their lane, and ends them.</summary>
    public void Add(IEnumerable<KeyWrite> rows)
    {
        lock (_gate)
        {
            _next.AddFirst([.. rows]);
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
            rows = [.. _next.SelectMany(static group => group)];
            _next.Clear();
            _hasThread = false;
        }

        queue.End(rows, OwnThread.NoneLeft);
    }

    private void Run()
    {
        while (Next() is { } rows)
        {
            foreach (var kind in Wanted(rows).GroupBy(static row => row.Kind))
            {
                Try([.. kind.OrderBy(static row => row.Winner.Key)]);
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

    private List<KeyWrite>? Next()
    {
        lock (_gate)
        {
            if (_next.Count == 0 && _locked.Count > 0)
            {
                Monitor.Wait(_gate, BetweenTries);
            }

            if (_locked.Count > 0 && (_next.Count == 0 || clock.Since(_triedAgainAt) > BetweenTries))
            {
                _next.AddLast([.. Enumerable.Range(0, Math.Min(MostTriedAgain, _locked.Count)).Select(_ => _locked.Dequeue())]);
                _triedAgainAt = clock.Now;
            }

            if (TakeFirst() is { } rows)
            {
                return rows;
            }
        }

        _session.Rest();
        lock (_gate)
        {
            var rows = TakeFirst();
            _hasThread = rows is not null;
            return rows;
        }
    }

    private List<KeyWrite>? TakeFirst()
    {
        var rows = _next.First?.Value;
        if (rows is not null)
        {
            _next.RemoveFirst();
        }

        return rows;
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever it is, it is the answer of those who wait.")]
    private void Try(List<KeyWrite> rows)
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
            TryAgain(rows.FindAll(row => locked.Contains(row.Winner.Key.Stored)));
        }
        catch (Exception error) when (WriteFailures.IsOfServer(error))
        {
            Failed(rows, error, oldest, sent);
        }
        catch (Exception error)
        {
            failures.Unexpected(error);
            if (!failures.EndsInDoubt(rows, error, _session, sent is not null))
            {
                queue.End(rows, () => connections.Explained(error));
            }
        }
    }

    private void Failed(List<KeyWrite> rows, Exception error, long oldest, Session? sent)
    {
        if (failures.EndsInDoubt(rows, error, _session, sent is not null && sent.IsInDoubtAfter(error)))
        {
            return;
        }

        var isLate = LateWrite.IsReportedBy(error);
        if (isLate && !clock.IsOver(oldest))
        {
            // The server has turned its clock: the next look will tell.
            connections.ServerClock.Doubt();
            TryAgain(rows);
        }
        else if (rows.Count > 1 && (isLate || ServerErrors.IsLocked(error) || ServerErrors.LiesInARow(error) || ServerErrors.IsUndone(error)))
        {
            Divide(rows);
        }
        else if (isLate || ServerErrors.IsLocked(error) || ServerErrors.IsUndone(error))
        {
            TryAgain(rows);
        }
        else
        {
            queue.End(rows, failures.Judged(error, rows[0].Kind, _session));
        }
    }

    /// <summary>Tries them part by part, at once.</summary>
    private void Divide(List<KeyWrite> rows)
    {
        lock (_gate)
        {
            foreach (var part in rows.Chunk((rows.Count + Parts - 1) / Parts))
            {
                _next.AddFirst([.. part]);
            }
        }
    }

    private void TryAgain(List<KeyWrite> locked)
    {
        lock (_gate)
        {
            locked.ForEach(_locked.Enqueue);
        }
    }
}
