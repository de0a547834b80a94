using Npgsql;
using SolidCache.Postgres.Dispatch;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Sql;

/// <summary>The leases of one batch as the parameters of its statement; reused from batch to batch.</summary>
internal sealed class LeaseRows
{
    private readonly List<string> _keys = [];
    private readonly List<long> _ids = [];
    private readonly List<long> _durations = [];
    private readonly List<long> _stales = [];
    private readonly List<long> _aheads = [];
    private readonly List<string> _tags = [];
    private readonly NpgsqlParameter<string> _lockWait = Parameter.Text(WriteConditions.LockWait);
    private readonly LaneStatement _take;
    private readonly LaneStatement _renew;
    private readonly int _maxValueBytes;

    public LeaseRows(EntryStatements statements, CallClock clock)
    {
        _take = new(clock, statements.Leases.Take, [.. Columns(), Parameter.BigInts(_stales), Parameter.BigInts(_aheads), Parameter.Texts(_tags), _lockWait]);
        _renew = new(clock, statements.Leases.Renew, Columns());
        _maxValueBytes = statements.MaxValueBytes;
    }

    /// <param name="session">Open.</param>
    /// <param name="requests">By their keys, each once.</param>
    /// <param name="renews">Whether they have their leases already.</param>
    public RowReader Send(Session session, Dictionary<string, ReadRequest> requests, bool renews)
    {
        Clear();
        // Rows are locked in the order of their keys, as in every statement.
        foreach (var request in requests.Values.OrderBy(static request => request.Key))
        {
            var terms = request.Terms!;
            _keys.Add(request.Key.Stored);
            _ids.Add(terms.Id);
            _durations.Add((long)terms.Duration.TotalMicroseconds);
            _stales.Add(Expiration.Microseconds(terms.StaleFor) ?? long.MaxValue);
            _aheads.Add((long)(terms.Ahead * LeaseStatements.WholeLife));
            _tags.Add(terms.Tags ?? "");
        }

        return (renews ? _renew : _take).Query(session);
    }

    public ReadValue Taken(RowReader rows)
    {
        var value = rows.IsNull(3) && rows.IsNull(4) ? default : ReadRows.Value(rows, 3, touchIsDue: false, _maxValueBytes);
        return value with
        {
            Lease = rows.Bool(1) ? LeaseState.Granted : rows.Bool(2) ? LeaseState.Live : LeaseState.Held,
            Age = rows.Bool(2) ? ReadRows.Age(rows, 5) : default,
        };
    }

    private NpgsqlParameter[] Columns() => [Parameter.Texts(_keys), Parameter.BigInts(_ids), Parameter.BigInts(_durations)];

    private void Clear()
    {
        _keys.Clear();
        _ids.Clear();
        _durations.Clear();
        _stales.Clear();
        _aheads.Clear();
        _tags.Clear();
    }
}
