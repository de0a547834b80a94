using Npgsql;
using NpgsqlTypes;

namespace SolidCache.Postgres.Sql;

/// <summary>Positional parameters of the few types that the statements use.</summary>
internal static class Parameter
{
    public static NpgsqlParameter Text(string value) => new NpgsqlParameter<string>(null!, NpgsqlDbType.Text) { TypedValue = value };

    public static NpgsqlParameter TextOrNull(string? value) => new() { NpgsqlDbType = NpgsqlDbType.Text, Value = value ?? (object)DBNull.Value };

    public static NpgsqlParameter BigInt(long value) => new NpgsqlParameter<long>(null!, NpgsqlDbType.Bigint) { TypedValue = value };

    public static NpgsqlParameter BigIntOrNull(long? value) => new() { NpgsqlDbType = NpgsqlDbType.Bigint, Value = value ?? (object)DBNull.Value };

    public static NpgsqlParameter Bool(bool value) => new NpgsqlParameter<bool>(null!, NpgsqlDbType.Boolean) { TypedValue = value };

    public static NpgsqlParameter Bytes(ReadOnlyMemory<byte> value) =>
        new NpgsqlParameter<ReadOnlyMemory<byte>>(null!, NpgsqlDbType.Bytea) { TypedValue = value };

    public static NpgsqlParameter Texts(List<string> values) => Array(values, NpgsqlDbType.Text);

    public static NpgsqlParameter BigInts(List<long> values) => Array(values, NpgsqlDbType.Bigint);

    public static NpgsqlParameter BytesOfMany(List<ReadOnlyMemory<byte>> values) => Array(values, NpgsqlDbType.Bytea);

    private static NpgsqlParameter<List<T>> Array<T>(List<T> values, NpgsqlDbType elementType) =>
        new(null!, NpgsqlDbType.Array | elementType) { TypedValue = values };
}
