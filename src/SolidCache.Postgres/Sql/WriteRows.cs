using Npgsql;
using SolidCache.Postgres.Dispatch;

namespace SolidCache.Postgres.Sql;

/// <summary>The rows of one batch as the parameters of its statement; reused from batch to batch.</summary>
internal sealed class WriteRows
{
    private readonly ServerClock _serverClock;
    private readonly CallClock _clock;
    private readonly EntryStatements _statements;
    private readonly List<string> _keys = [];
    private readonly List<long> _absolutes = [];
    private readonly List<long> _slidings = [];
    private readonly List<ReadOnlyMemory<byte>> _values = [];
    private readonly List<long> _stales = [];
    private readonly List<string> _tags = [];
    private readonly List<bool> _compressed = [];
    private readonly List<long> _leases = [];
    private readonly NpgsqlParameter<string> _key = Parameter.Text();
    private readonly NpgsqlParameter<long> _absolute = Parameter.BigInt();
    private readonly NpgsqlParameter<long> _sliding = Parameter.BigInt();
    private readonly NpgsqlParameter<ReadOnlyMemory<byte>> _value = Parameter.Bytes();
    private readonly Conditions _ofOne = new();
    private readonly Conditions _ofMany = new();
    private readonly Conditions _ofSpecial = new();
    private readonly Conditions _ofFills = new();
    private readonly Conditions _ofRemoves = new();
    private readonly LaneStatement _set;
    private readonly LaneStatement _setMany;
    private readonly LaneStatement _setSpecial;
    private readonly LaneStatement _fill;
    private readonly LaneStatement _remove;
    private readonly LaneStatement _touch;

    public WriteRows(EntryStatements statements, ServerClock serverClock, CallClock clock)
    {
        (_statements, _serverClock, _clock) = (statements, serverClock, clock);
        _set = new(clock, statements.Sets.One, [_key, _absolute, _sliding, _value, .. _ofOne.OfSets]);
        _setMany = new(clock, statements.Sets.Many, ColumnsOfSets(_ofMany));
        _setSpecial = new(clock, statements.Sets.Special, ColumnsOfSpecial(_ofSpecial));
        _fill = new(clock, statements.Leases.Fill, ColumnsOfFills(_ofFills));
        _remove = new(clock, statements.Remove, Parameter.Texts(_keys), _ofRemoves.Deadline, _ofRemoves.LockWait);
        _touch = new(clock, statements.Touch, Parameter.Texts(_keys));
    }

    /// <summary>Sends them as one statement, which is one transaction.</summary>
    /// <param name="session">Open.</param>
    /// <param name="rows">Of one kind, in the order of their keys.</param>
    /// <param name="deadline">By the server's clock.</param>
    /// <param name="lockWait">How long it waits for each row that somebody else has locked, in milliseconds.</param>
    public void Send(Session session, List<KeyWrite> rows, long deadline, string lockWait)
    {
        Fill(rows);
        var (statement, conditions) = rows[0].Kind switch
        {
            WriteKind.Touch => (_touch, _ofRemoves),
            WriteKind.Remove => (_remove, _ofRemoves),
            WriteKind.Fill => (_fill, _ofFills),
            WriteKind.TaggedSet or WriteKind.DurableTaggedSet => (_setSpecial, _ofSpecial),
            _ when _compressed.Contains(true) => (_setSpecial, _ofSpecial),
            _ => rows.Count == 1 ? (_set, _ofOne) : (_setMany, _ofMany),
        };
        Fill(conditions, rows[0].Kind, deadline, lockWait);
        if (statement == _set)
        {
            (_key.TypedValue, _absolute.TypedValue, _sliding.TypedValue, _value.TypedValue) = (_keys[0], _absolutes[0], _slidings[0], _values[0]);
        }

        try
        {
            if (statement == _fill)
            {
                using var filled = statement.Query(session);
                Note(rows, Keys(filled));
            }
            else
            {
                statement.Execute(session);
            }
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
        Fill(rows);
        var conditions = new Conditions();
        Fill(conditions, rows[0].Kind, deadline, WriteConditions.ShortLockWait);
        try
        {
            switch (rows[0].Kind)
            {
                case WriteKind.Remove:
                    return session.QueryOnce(static row => row.Text(0), _statements.RemoveFree, Parameter.Texts(_keys), conditions.Deadline);
                case WriteKind.Fill:
                    // It leaves out what is locked by itself, for good.
                    Note(rows, session.QueryOnce(static row => row.Text(0), _statements.Leases.Fill, ColumnsOfFills(conditions)));
                    return [];
                default:
                    return session.QueryOnce(static row => row.Text(0), _statements.Sets.Free, ColumnsOfSpecial(conditions));
            }
        }
        finally
        {
            Clear();
        }
    }

    private static List<string> Keys(RowReader rows)
    {
        List<string> keys = [];
        while (rows.Read())
        {
            keys.Add(rows.Text(0));
        }

        return keys;
    }

    /// <summary>Notes which of the fills the server has stored.</summary>
    private static void Note(List<KeyWrite> rows, IReadOnlyList<string> filled)
    {
        var keys = filled.ToHashSet(StringComparer.Ordinal);
        foreach (var row in rows)
        {
            row.Winner.IsFilled = keys.Contains(row.Winner.Key.Stored);
        }
    }

    private NpgsqlParameter[] ColumnsOfSpecial(Conditions conditions) =>
        [.. ColumnsOfSets(conditions), Parameter.BigInts(_stales), Parameter.Texts(_tags), Parameter.Bools(_compressed)];

    private NpgsqlParameter[] ColumnsOfFills(Conditions conditions) => [.. ColumnsOfSpecial(conditions), Parameter.BigInts(_leases)];

    private NpgsqlParameter[] ColumnsOfSets(Conditions conditions) =>
        [Parameter.Texts(_keys), Parameter.BigInts(_absolutes), Parameter.BigInts(_slidings), Parameter.BytesOfMany(_values), .. conditions.OfSets];

    private void Fill(Conditions conditions, WriteKind kind, long deadline, string lockWait)
    {
        conditions.Deadline.TypedValue = deadline;
        conditions.IsDurable.TypedValue = kind.IsDurable();
        conditions.LockWait.TypedValue = lockWait;
        conditions.LatestUsualArrival.TypedValue = _serverClock.AtLatest(_clock.Now) + (WriteConditions.UsualWaitMilliseconds * 1_000);
    }

    private void Fill(List<KeyWrite> rows)
    {
        var now = _clock.Now;
        foreach (var (_, write, kind) in rows)
        {
            _keys.Add(write.Key.Stored);
            if (kind.Stores())
            {
                _absolutes.Add(Left(write, now));
                _slidings.Add(write.Expiration.SlidingMicroseconds ?? 0);
                _values.Add(write.Value);
                _stales.Add(write.Expiration.StaleMicroseconds);
                _tags.Add(write.Expiration.Tags ?? "");
                _compressed.Add(write.IsCompressed);
                _leases.Add(write.Lease);
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
        _stales.Clear();
        _tags.Clear();
        _compressed.Clear();
        _leases.Clear();
        _value.TypedValue = default;
    }

    /// <summary>The parameters of a statement that are no columns. A parameter belongs to one statement.</summary>
    private sealed class Conditions
    {
        public NpgsqlParameter<long> Deadline { get; } = Parameter.BigInt();

        public NpgsqlParameter<bool> IsDurable { get; } = Parameter.Bool(false);

        public NpgsqlParameter<string> LockWait { get; } = Parameter.Text();

        public NpgsqlParameter<long> LatestUsualArrival { get; } = Parameter.BigInt();

        public NpgsqlParameter[] OfSets => [Deadline, IsDurable, LockWait, LatestUsualArrival];
    }
}
