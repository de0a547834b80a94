using Npgsql;

namespace SolidCache.Postgres.Sql;

/// <summary>Removes, or touches. A touch needs no deadline: it only ever extends what is there.</summary>
internal sealed class KeyRows : BatchRows
{
    private readonly bool _hasDeadline;
    private readonly string _sqlOfMany;
    private readonly LaneStatement _one;
    private readonly LaneStatement _many;
    private readonly NpgsqlParameter<string> _key = Parameter.Text();
    private readonly NpgsqlParameter<long> _deadlineOfOne = Parameter.BigInt();
    private readonly NpgsqlParameter<long> _deadlineOfMany = Parameter.BigInt();

    public KeyRows(string sqlOfOne, string sqlOfMany, bool hasDeadline)
    {
        (_sqlOfMany, _hasDeadline) = (sqlOfMany, hasDeadline);
        _one = hasDeadline ? new(sqlOfOne, _key, _deadlineOfOne) : new(sqlOfOne, _key);
        _many = hasDeadline ? new(sqlOfMany, Parameter.Texts(Keys), _deadlineOfMany) : new(sqlOfMany, Parameter.Texts(Keys));
    }

    public override ValueTask ExecuteAsync(Session session, CancellationToken cancellationToken)
    {
        if (Count > 1)
        {
            _deadlineOfMany.TypedValue = Deadline;
            return _many.ExecuteAsync(session, cancellationToken);
        }

        (_key.TypedValue, _deadlineOfOne.TypedValue) = (Keys[0], Deadline);
        return _one.ExecuteAsync(session, cancellationToken);
    }

    public override NpgsqlBatchCommand ToBatchCommand()
    {
        var command = new NpgsqlBatchCommand(_sqlOfMany) { Parameters = { Parameter.Texts(Keys) } };
        if (_hasDeadline)
        {
            command.Parameters.Add(Parameter.BigInt(Deadline));
        }

        return command;
    }
}
