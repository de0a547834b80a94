using Npgsql;
using SolidCache.Postgres.Dispatch;

namespace SolidCache.Postgres.Sql;

/// <summary>Sets of one durability.</summary>
internal sealed class SetRows : BatchRows
{
    private readonly List<long> _absolutes = [];
    private readonly List<long> _slidings = [];
    private readonly List<ReadOnlyMemory<byte>> _values = [];
    private readonly NpgsqlParameter<string> _key = Parameter.Text();
    private readonly NpgsqlParameter<long> _absolute = Parameter.BigInt();
    private readonly NpgsqlParameter<long> _sliding = Parameter.BigInt();
    private readonly NpgsqlParameter<ReadOnlyMemory<byte>> _value = Parameter.Bytes();
    private readonly NpgsqlParameter<long> _deadlineOfOne = Parameter.BigInt();
    private readonly NpgsqlParameter<long> _deadlineOfMany = Parameter.BigInt();
    private readonly string _sqlOfMany;
    private readonly LaneStatement _one;
    private readonly LaneStatement _many;

    public SetRows(string sqlOfOne, string sqlOfMany)
    {
        _sqlOfMany = sqlOfMany;
        _one = new(sqlOfOne, _key, _absolute, _sliding, _value, _deadlineOfOne);
        _many = new(sqlOfMany, [.. Columns(), _deadlineOfMany]);
    }

    public override void Add(WriteRequest write)
    {
        base.Add(write);
        _absolutes.Add(write.Expiration.AbsoluteMicroseconds ?? 0);
        _slidings.Add(write.Expiration.SlidingMicroseconds ?? 0);
        _values.Add(write.Value);
    }

    public override void Clear()
    {
        base.Clear();
        _absolutes.Clear();
        _slidings.Clear();
        _values.Clear();
        _value.TypedValue = default;
    }

    public override ValueTask ExecuteAsync(Session session, CancellationToken cancellationToken)
    {
        if (Count > 1)
        {
            _deadlineOfMany.TypedValue = Deadline;
            return _many.ExecuteAsync(session, cancellationToken);
        }

        _deadlineOfOne.TypedValue = Deadline;
        (_key.TypedValue, _absolute.TypedValue, _sliding.TypedValue, _value.TypedValue) = (Keys[0], _absolutes[0], _slidings[0], _values[0]);
        return _one.ExecuteAsync(session, cancellationToken);
    }

    public override NpgsqlBatchCommand ToBatchCommand()
    {
        var command = new NpgsqlBatchCommand(_sqlOfMany);
        foreach (var column in Columns())
        {
            command.Parameters.Add(column);
        }

        command.Parameters.Add(Parameter.BigInt(Deadline));

        return command;
    }

    private NpgsqlParameter[] Columns() =>
        [Parameter.Texts(Keys), Parameter.BigInts(_absolutes), Parameter.BigInts(_slidings), Parameter.BytesOfMany(_values)];
}
