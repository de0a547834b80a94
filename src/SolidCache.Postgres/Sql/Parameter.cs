using Npgsql;
using NpgsqlTypes;

namespace SolidCache.Postgres.Sql;

/// <summary>Positional parameters of the few types that the statements use.</summary>
internal static class Parameter
{
    public static NpgsqlParameter<string> Text(string value = "") => Of(value, NpgsqlDbType.Text);

    public static NpgsqlParameter TextOrNull(string? value) => new() { NpgsqlDbType = NpgsqlDbType.Text, Value = value ?? (object)DBNull.Value };

    public static NpgsqlParameter<long> BigInt(long value = 0) => Of(value, NpgsqlDbType.Bigint);

    public static NpgsqlParameter<bool> Bool(bool value) => Of(value, NpgsqlDbType.Boolean);

    public static NpgsqlParameter<ReadOnlyMemory<byte>> Bytes(ReadOnlyMemory<byte> value = default) => Of(value, NpgsqlDbType.Bytea);

    public static NpgsqlParameter<List<string>> Texts(List<string> values) => Of(values, NpgsqlDbType.Array | NpgsqlDbType.Text);

    public static NpgsqlParameter<List<long>> BigInts(List<long> values) => Of(values, NpgsqlDbType.Array | NpgsqlDbType.Bigint);

    public static NpgsqlParameter<List<bool>> Bools(List<bool> values) => Of(values, NpgsqlDbType.Array | NpgsqlDbType.Boolean);

    public static NpgsqlParameter<List<ReadOnlyMemory<byte>>> BytesOfMany(List<ReadOnlyMemory<byte>> values) =>
        Of(values, NpgsqlDbType.Array | NpgsqlDbType.Bytea);

    private static NpgsqlParameter<T> Of<T>(T value, NpgsqlDbType type) => new(null!, type) { TypedValue = value };
}
