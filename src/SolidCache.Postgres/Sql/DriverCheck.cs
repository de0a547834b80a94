using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Sql;

/// <summary>
/// Whether a session sends and reads what the statements hold. An application's data source may be made otherwise: in another encoding, in which a key is
/// another key, or without arrays, which are missed only where calls arrive together.
/// </summary>
internal static class DriverCheck
{
    /// <summary>A character that an encoding has only if it has all of them.</summary>
    private const string Key = "\U0001F511";
    private const long CodeOfKey = 0x1F511;

    private const string Question =
        """
        /* solid_cache:driver */
        SELECT ascii($1)::bigint, $2, $3 IS NULL OR $4 IS NULL
        """;

    /// <summary>Asks nobody: the server reports the setting whenever it changes.</summary>
    public static void RefuseOtherEncoding(Session session, TableName table)
    {
        if (session.Connection.PostgresParameters.TryGetValue("client_encoding", out var encoding) && encoding != "UTF8")
        {
            throw Refusal(
                table,
                $"its client_encoding is {encoding}, in which keys would be stored as others. Set Client Encoding=UTF8 in its connection string, whatever the "
                    + "environment variable PGCLIENTENCODING or a statement on its connections says");
        }
    }

    /// <summary>Tries each type once.</summary>
    public static void RefuseOtherTypes(Session session, TableName table)
    {
        string reason;
        try
        {
            var (code, texts) = session.QueryOne(
                static rows => (rows.BigInt(0), rows.Texts(1)),
                Question,
                Parameter.Text(Key),
                Parameter.Texts([Key]),
                Parameter.BigInts([1]),
                Parameter.BytesOfMany([ReadOnlyMemory<byte>.Empty]));
            if (code == CodeOfKey && texts is [Key])
            {
                return;
            }

            reason = "texts arrive as others";
        }
        catch (Exception error) when (error is InvalidCastException or NotSupportedException or ArgumentException)
        {
            reason = error.Message.TrimEnd('.');
        }

        throw Refusal(
            table, $"{reason}. It has to send texts in UTF-8 and arrays: on an NpgsqlSlimDataSourceBuilder call EnableArrays(), and leave Encoding in its connection string at UTF8");
    }

    private static SolidCacheException Refusal(TableName table, string reason) =>
        new($"The cache {table} cannot use its data source: {reason}; or give the cache a {nameof(PostgresSolidCacheOptions.ConnectionString)}.") { IsMismatch = true };
}
