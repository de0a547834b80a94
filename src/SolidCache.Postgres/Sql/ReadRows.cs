using Npgsql;
using SolidCache.Postgres.Compression;
using SolidCache.Postgres.Dispatch;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Sql;

/// <summary>What one batch asks as the parameters of its statement, reused from batch to batch; and the rows of the answer.</summary>
internal sealed class ReadRows
{
    private const long MostMicroseconds = long.MaxValue / TimeSpan.TicksPerMicrosecond;
    private readonly NpgsqlParameter<string> _key = Parameter.Text();
    private readonly List<string> _keys = [];
    private readonly LaneStatement _one;
    private readonly LaneStatement _many;
    private readonly LaneStatement _aged;
    private readonly LaneStatement _lives;
    private readonly LeaseRows _leases;
    private readonly int _maxValueBytes;

    public ReadRows(EntryStatements statements, CallClock clock)
    {
        _one = new(clock, statements.Read, _key);
        _many = new(clock, statements.ReadMany, Parameter.Texts(_keys));
        _aged = new(clock, statements.ReadAged, Parameter.Texts(_keys));
        _lives = new(clock, statements.Life, Parameter.Texts(_keys));
        _leases = new(statements, clock);
        _maxValueBytes = statements.MaxValueBytes;
    }

    /// <param name="session">Open.</param>
    /// <param name="kind">Of all of them.</param>
    /// <param name="requests">By their keys, each once.</param>
    public RowReader Send(Session session, ReadKind kind, Dictionary<string, ReadRequest> requests)
    {
        if (kind is ReadKind.Lease or ReadKind.LeaseRenewal)
        {
            return _leases.Send(session, requests, renews: kind == ReadKind.LeaseRenewal);
        }

        _keys.Clear();
        _keys.AddRange(requests.Keys);
        _key.TypedValue = _keys[0];
        return kind switch
        {
            ReadKind.AgedValue => _aged.Query(session),
            ReadKind.Life => _lives.Query(session),
            _ => (_keys.Count == 1 ? _one : _many).Query(session),
        };
    }

    /// <summary>The row that the reader stands on; its first column is the key.</summary>
    public ReadValue Read(ReadKind kind, RowReader rows) => kind switch
    {
        ReadKind.AgedValue => Value(rows, 2, rows.Bool(1), _maxValueBytes) with { Age = Age(rows, 4) },
        ReadKind.Life => Life(rows),
        ReadKind.Lease => _leases.Taken(rows),
        ReadKind.LeaseRenewal => new ReadValue(Array: null, 0, TouchIsDue: false, Lease: rows.Bool(1) ? LeaseState.Granted : LeaseState.Locked),
        _ => Value(rows, 2, rows.Bool(1), _maxValueBytes),
    };

    /// <summary>
    /// As it is, or compressed. Without either it is larger than any that this cache stores, and what claims to be larger, or is of another format, is no better: somebody
    /// else has written it, and nobody wants it.
    /// </summary>
    /// <param name="rows">The row that the reader stands on.</param>
    /// <param name="column">The first of two: <see cref="EntryConditions.Value"/>.</param>
    /// <param name="touchIsDue">Whether the entry's sliding expiration should be extended.</param>
    /// <param name="maxValueBytes">What it may have.</param>
    public static ReadValue Value(RowReader rows, int column, bool touchIsDue, int maxValueBytes)
    {
        if (!rows.IsNull(column))
        {
            return rows.Value(column, touchIsDue);
        }

        if (rows.IsNull(column + 1))
        {
            return ReadValue.Unwanted;
        }

        var compressed = rows.Value(column + 1, touchIsDue) with { IsCompressed = true };
        if (CompressedValue.IsPlausible(compressed.Array.AsSpan(0, compressed.Length), maxValueBytes))
        {
            return compressed;
        }

        compressed.Return();
        return ReadValue.Unwanted;
    }

    /// <summary>A row that others have written may say that it lives for longer than a <see cref="TimeSpan"/> holds.</summary>
    private static ReadValue Life(RowReader rows) => new(
        Array: null, 0, rows.Bool(1), Duration(rows, 2));

    /// <param name="rows">The row that the reader stands on.</param>
    /// <param name="column">The first of three: <see cref="EntryConditions.Age"/>.</param>
    public static EntryAge Age(RowReader rows, int column) => new(rows.Float(column), Duration(rows, column + 1), rows.IsNull(column + 2) ? null : rows.Texts(column + 2));

    private static TimeSpan Duration(RowReader rows, int column) =>
        rows.BigIntOrNull(column) is { } microseconds and < MostMicroseconds ? TimeSpan.FromMicroseconds(Math.Max(microseconds, 0)) : TimeSpan.MaxValue;
}
