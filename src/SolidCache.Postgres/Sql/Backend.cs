namespace SolidCache.Postgres.Sql;

/// <summary>The server's process behind a connection.</summary>
/// <param name="ProcessId">As the server gave it when the connection was made.</param>
/// <param name="Started">When, in microseconds since 1970 by the server's clock: ids are given out again. Null behind a pooler, where it may be anybody's.</param>
internal sealed record Backend(int ProcessId, long? Started);
