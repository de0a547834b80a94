using Npgsql;

namespace SolidCache.Postgres.Sql;

/// <summary>
/// The fence against writes that come late: a statement that a frozen server, a dead network or a held lock kept until its caller was gone
/// must not undo what others have written and were told of since. Each write carries its deadline, by the server's clock, and raises an error
/// when it comes later; it looks after it has locked or inserted its row, so that what waited for that is refused too.
/// </summary>
internal static class LateWrite
{
    private const string Mark = "solid_cache: this write came after its deadline";

    /// <summary>A condition that is true, or an error.</summary>
    /// <param name="deadline">The SQL of the deadline, in microseconds since 1970.</param>
    public static string Check(string deadline) =>
        $"CASE WHEN clock_timestamp() < 'epoch'::timestamptz + {deadline}::float8 * interval '1 microsecond' THEN true ELSE ('{Mark}, at ' || clock_timestamp()::text)::boolean END";

    public static bool IsReportedBy(Exception error) =>
        error is PostgresException { SqlState: PostgresErrorCodes.InvalidTextRepresentation } server && server.MessageText.Contains(Mark, StringComparison.Ordinal);
}
