using Npgsql;
using SolidCache.Postgres.Diagnostics;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Sql;

/// <summary>
/// The same error once more: a batch has one, and each of its callers throws an object of his own, to which stack traces and data of others do not come. What the server says in it may
/// hold names that others chose, and is as a log may have it.
/// </summary>
internal static class ErrorCopy
{
    /// <param name="error">The error.</param>
    /// <param name="table">Of which cache.</param>
    /// <param name="advice">What to do about it, which an error of the server's or the driver's says after its own words.</param>
    /// <returns>An error of the same type, or one of the cache's own where the type is none that its calls end with.</returns>
    public static Exception Of(Exception error, TableName table, string? advice = null) => error switch
    {
        PostgresException server => Of(server, advice, server.InternalQuery, server.Where),
        NpgsqlException => new NpgsqlException(Advised(error.Message, advice), error.InnerException),
        SolidCacheException own => new SolidCacheException(own.Message, own.InnerException!) { IsTransient = own.IsTransient, IsMismatch = own.IsMismatch },
        TimeoutException => new TimeoutException(error.Message, error),
        // A socket that was reset just when it had connected, which the driver lets through as it is.
        IOException => new NpgsqlException(error.Message, error),
        ObjectDisposedException => new ObjectDisposedException(error.Message, error),
        _ => new SolidCacheException($"The cache {table} met an error that is not its server's: {error.Message}", error),
    };

    /// <summary>Without the text of the script that it ended: hundreds of lines in whatever log it gets into.</summary>
    public static PostgresException OfScript(PostgresException error) => Of(error, advice: null, internalQuery: null, where: null);

    private static string Advised(string message, string? advice) => advice is null ? message : $"{message.TrimEnd('.')}. {advice}";

    private static string? Lines(string? text) => text is null ? null : Printable.Text(text);

    private static PostgresException Of(PostgresException server, string? advice, string? internalQuery, string? where) => new(
        Advised(Printable.Line(ConnectionValues.Told(server.SqlState, server.MessageText)), advice),
        server.Severity,
        server.InvariantSeverity,
        server.SqlState,
        Lines(server.Detail),
        Lines(server.Hint),
        server.Position,
        internalQuery is null ? 0 : server.InternalPosition,
        Lines(internalQuery),
        Lines(where),
        Lines(server.SchemaName),
        Lines(server.TableName),
        Lines(server.ColumnName),
        Lines(server.DataTypeName),
        Lines(server.ConstraintName),
        server.File,
        server.Line,
        server.Routine);
}
