using Npgsql;
using SolidCache.Postgres.Dispatch;

namespace SolidCache.Postgres.Sql;

/// <summary>The rows of one statement, each of which arrives as a whole.</summary>
internal sealed class RowReader(NpgsqlDataReader rows) : IDisposable
{
    public bool Read() => rows.Read();

    public string Text(int column) => rows.GetString(column);

    public string? TextOrNull(int column) => rows.IsDBNull(column) ? null : rows.GetString(column);

    public long BigInt(int column) => rows.GetInt64(column);

    public long? BigIntOrNull(int column) => rows.IsDBNull(column) ? null : rows.GetInt64(column);

    public double Float(int column) => rows.GetDouble(column);

    public bool Bool(int column) => rows.GetBoolean(column);

    /// <summary>All that an array holds, also one of several dimensions, or with nulls, which only others write.</summary>
    public string[] Texts(int column) => rows.GetValue(column) switch
    {
        string[] texts when !texts.Contains(null) => texts,
        Array others => [.. others.OfType<string>()],
        _ => [],
    };

    public byte[] Bytes(int column) => rows.IsDBNull(column) ? [] : rows.GetFieldValue<byte[]>(column);

    public bool IsNull(int column) => rows.IsDBNull(column);

    /// <summary>Copies a bytea into pooled memory.</summary>
    public ReadValue Value(int column, bool touchIsDue)
    {
        var value = ReadValue.Rent((int)rows.GetBytes(column, 0, null, 0, 0), touchIsDue);
        rows.GetBytes(column, 0, value.Array, 0, value.Length);
        return value;
    }

    public void Dispose() => rows.Dispose();
}
