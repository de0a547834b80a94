using Npgsql;
using SolidCache.Postgres.Dispatch;

namespace SolidCache.Postgres.Sql;

/// <summary>The rows of one batch as the columns of its statement's parameters; reused from batch to batch.</summary>
internal sealed class WriteRows
{
    private readonly ServerClock _serverClock;
    private readonly CallClock _clock;
    private readonly EntryStatements _statements;
    private readonly List<string> _keys = [];
    private readonly List<long> _absolutes = [];
    private readonly List<long> _slidings = [];
    private readonly List<ReadOnlyMemory<byte>> _values = [];
    private readonly NpgsqlParameter<long> _deadlineOfSets = Parameter.BigInt();
    private readonly NpgsqlParameter<long> _deadlineOfRemoves = Parameter.BigInt();
    private readonly NpgsqlParameter<bool> _isDurable = Parameter.Bool(false);
    private readonly NpgsqlParameter<string> _lockWaitOfSets = Parameter.Text();
    private readonly NpgsqlParameter<string> _lockWaitOfRemoves = Parameter.Text();
    private readonly NpgsqlParameter<long> _sentAt = Parameter.BigInt();
    private readonly LaneStatement _set;
    private readonly LaneStatement _remove;
    private readonly LaneStatement _touch;

    public WriteRows(EntryStatements statements, ServerClock serverClock, CallClock clock)
    {
        (_statements, _serverClock, _clock) = (statements, serverClock, clock);
        _set = new(
            clock,
            statements.Set,
            Parameter.Texts(_keys),
            Parameter.BigInts(_absolutes),
            Parameter.BigInts(_slidings),
            Parameter.BytesOfMany(_values),
            _deadlineOfSets,
            _isDurable,
            _lockWaitOfSets,
            _sentAt);
        _remove = new(clock, statements.Remove, Parameter.Texts(_keys), _deadlineOfRemoves, _lockWaitOfRemoves);
        _touch = new(clock, statements.Touch, Parameter.Texts(_keys));
    }

    /// <summary>Sends them as one statement, which is one transaction.</summary>
    /// <param name="session">Open.</param>
    /// <param name="rows">Of one kind, in the order of their keys.</param>
    /// <param name="deadline">By the server's clock.</param>
    /// <param name="lockWait">How long it waits for each row that somebody else has locked, in milliseconds.</param>
    public void Send(Session session, List<KeyWrite> rows, long deadline, string lockWait)
    {
        Fill(rows, deadline);
        (_lockWaitOfSets.TypedValue, _lockWaitOfRemoves.TypedValue) = (lockWait, lockWait);
        try
        {
            (rows[0].Kind switch { WriteKind.Touch => _touch, WriteKind.Remove => _remove, _ => _set }).Execute(session);
        }
        finally
        {
            Clear();
        }
    }

    /// <summary>Sends sets or removes, but for those whose row somebody else has locked.</summary>
    /// <returns>The keys of those.</returns>
    public IReadOnlyList<string> SendFree(Session session, List<KeyWrite> rows, long deadline)
    {
        Fill(rows, deadline);
        try
        {
            return rows[0].Kind == WriteKind.Remove
                ? session.Query(static row => row.Text(0), _statements.RemoveFree, Parameter.Texts(_keys), Parameter.BigInt(deadline))
                : session.Query(
                    static row => row.Text(0),
                    _statements.SetFree,
                    Parameter.Texts(_keys),
                    Parameter.BigInts(_absolutes),
                    Parameter.BigInts(_slidings),
                    Parameter.BytesOfMany(_values),
                    Parameter.BigInt(deadline),
                    Parameter.Bool(rows[0].Kind == WriteKind.DurableSet),
                    Parameter.Text(WriteConditions.ShortLockWait),
                    Parameter.BigInt(_sentAt.TypedValue));
        }
        finally
        {
            Clear();
        }
    }

    private void Fill(List<KeyWrite> rows, long deadline)
    {
        (_deadlineOfSets.TypedValue, _deadlineOfRemoves.TypedValue) = (deadline, deadline);
        var now = _clock.Now;
        _sentAt.TypedValue = _serverClock.AtLatest(now);
        _isDurable.TypedValue = rows[0].Kind == WriteKind.DurableSet;
        foreach (var (_, write, kind) in rows)
        {
            _keys.Add(write.Key.Stored);
            if (kind is WriteKind.Set or WriteKind.DurableSet)
            {
                _absolutes.Add(Left(write, now));
                _slidings.Add(write.Expiration.SlidingMicroseconds ?? 0);
                _values.Add(write.Value);
            }
        }
    }

    /// <summary>
    /// What an entry's absolute expiration leaves of its life, for which it waited here for longer than is usual; one that has none left is stored as expired.
    /// </summary>
    private long Left(WriteRequest write, long now)
    {
        if (write.Expiration.AbsoluteMicroseconds is not { } whole)
        {
            return 0;
        }

        var waited = _clock.Between(write.Began, now);
        return waited.TotalMilliseconds < WriteConditions.UsualWaitMilliseconds ? whole : Math.Max(1, whole - (long)waited.TotalMicroseconds);
    }

    private void Clear()
    {
        _keys.Clear();
        _absolutes.Clear();
        _slidings.Clear();
        _values.Clear();
    }
}
