using Npgsql;

namespace SolidCache.Postgres.Sql;

/// <summary>Removes, or touches.</summary>
internal sealed class KeyRows : BatchRows
{
    private readonly string _sqlOfMany;
    private readonly LaneStatement _one;
    private readonly LaneStatement _many;
    private readonly NpgsqlParameter<string> _key = Parameter.Text();

    public KeyRows(string sqlOfOne, string sqlOfMany)
    {
        _sqlOfMany = sqlOfMany;
        _one = new(sqlOfOne, _key);
        _many = new(sqlOfMany, Parameter.Texts(Keys));
    }

    public override ValueTask ExecuteAsync(Session session)
    {
        if (Count > 1)
        {
            return _many.ExecuteAsync(session);
        }

        _key.TypedValue = Keys[0];
        return _one.ExecuteAsync(session);
    }

    public override NpgsqlBatchCommand ToBatchCommand() => new(_sqlOfMany) { Parameters = { Parameter.Texts(Keys) } };
}
