using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using Npgsql;

namespace SolidCache.Postgres.Sql;

/// <summary>What an error of the driver means: the server's SQLSTATE decides, in this one place.</summary>
internal static class ServerErrors
{
    /// <summary>Whether the server, or the way to it, is at fault, rather than the call or the configuration. It passes by itself.</summary>
    public static bool IsOutage(Exception error) => error switch
    {
        PostgresException { SqlState: { Length: 5 } state } => IsOutageState(state),
        _ when IsOfCertificates(error) => false,
        NpgsqlException => true,
        TimeoutException or SocketException or IOException or ObjectDisposedException => true,
        _ => false,
    };

    /// <summary>Whether TLS did not come about: the server's certificate is not trusted, or a file of certificates or of a key cannot be used. Waiting does not help.</summary>
    public static bool IsOfCertificates(Exception error) =>
        (error is NpgsqlException ? error.InnerException : error)
            is AuthenticationException or CryptographicException or FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException;

    /// <summary>Whether a host's name was not found.</summary>
    public static bool IsOfNames(Exception error) =>
        (error as SocketException ?? error.InnerException as SocketException) is { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain };

    /// <summary>Whether others held all connections of the pool; the driver has no type and no code for it.</summary>
    public static bool IsPoolExhausted(Exception error) =>
        error is NpgsqlException { InnerException: TimeoutException } && error.Message.StartsWith("The connection pool has been exhausted", StringComparison.Ordinal);

    /// <summary>Whether something of the cache's is gone from the database.</summary>
    public static bool IsOfSchema(Exception error) => error is PostgresException
    {
        SqlState: PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName or PostgresErrorCodes.UndefinedFunction or PostgresErrorCodes.UndefinedColumn,
    };

    /// <summary>Whether what is there may not be as it was made, which a look at it tells: without its key, its type of counts, with columns that want a value, of another kind.</summary>
    public static bool IsOfShape(Exception error) => error is PostgresException
    {
        SqlState: PostgresErrorCodes.InvalidColumnReference or PostgresErrorCodes.NotNullViolation or PostgresErrorCodes.WrongObjectType or PostgresErrorCodes.DatatypeMismatch
            or PostgresErrorCodes.UndefinedObject,
    };

    /// <summary>Whether the server answered: the statement has no effect, and never will. What speaks of broken connections (class 08) is a pooler.</summary>
    public static bool IsAnswer(Exception error) => error is PostgresException { SqlState: { } state } && !state.StartsWith("08", StringComparison.Ordinal);

    /// <summary>
    /// Whether the server has undone a statement because of what others did at the same time, or ended an idle session before it, so that it may be sent once
    /// more: 40001 serialization failure, 40P01 deadlock, 57P05 idle session time-out.
    /// </summary>
    public static bool IsUndone(Exception error) => error is PostgresException { SqlState: "40001" or "40P01" or "57P05" } && !IsRaisedByCode(error);

    /// <summary>Whether the server does not know a prepared statement any more, or cannot use its plan. It has executed nothing.</summary>
    public static bool IsStatementGone(Exception error) =>
        error is PostgresException { SqlState: "26000" } or PostgresException { SqlState: "0A000", Routine: "RevalidateCachedQuery" };

    /// <summary>Whether the server is there, and does not do what is no read: it is read-only or full, the row is locked, a right is missing.</summary>
    public static bool RefusesWrites(Exception error) =>
        IsAnswer(error) && !IsUndone(error) && (!IsOutage(error) || IsReadOnly(error) || IsDiskFull(error));

    /// <summary>Whether a row was locked by another client for longer than the statement waits.</summary>
    public static bool IsLocked(Exception error) => error is PostgresException { SqlState: "55P03" } && !IsRaisedByCode(error);

    /// <summary>
    /// Whether one of several rows may be to blame: its value, or a condition or trigger that somebody has put on the table. Not so what is wrong for all of
    /// them: connection and transaction (08, 25), features (0A), statements (26), rights and login (28, 42), database and schema (3D, 3F), an outage. But
    /// a trigger may say any of these of one row.
    /// </summary>
    public static bool LiesInARow(Exception error) =>
        error is PostgresException { SqlState: { Length: 5 } state }
        && (IsRaisedByCode(error) || (state[..2] is not ("08" or "25" or "0A" or "26" or "28" or "42" or "3D" or "3F") && !IsOutageState(state)));

    /// <summary>Whether the server lacks nothing but room: 53100. Removals need none.</summary>
    public static bool IsDiskFull(Exception error) => error is PostgresException { SqlState: "53100" };

    /// <summary>Whether the server takes no writes: 25006. It is a standby, or the session, its role, its database or the server was made so.</summary>
    public static bool IsReadOnly(Exception error) => error is PostgresException { SqlState: "25006" };

    /// <summary>Whether a touch is left out, and the entry expires earlier: the server is read-only, or its disk is full.</summary>
    public static bool MaySkipTouch(Exception error) => error is PostgresException { SqlState: "25006" or "53100" };

    /// <summary>Whether it was raised by a function in PL/pgSQL, and says what whoever wrote that took for fitting.</summary>
    public static bool IsRaisedByCode(Exception error) => error is PostgresException { Routine: "exec_stmt_raise" };

    /// <summary>
    /// Classes 08 (connection), 53 (resources: disk, memory, connections) and 58 (system); 57P01 to 57P05 (shut down, starting up, dropped,
    /// idle for too long), 57014 (cancelled by a time-out), 25P03 and 25P04 (time-outs of transactions), 25006 (read-only: a standby, or a
    /// primary that was made one).
    /// </summary>
    private static bool IsOutageState(string state) =>
        state[..2] is "08" or "53" or "58"
        || state is "57P01" or "57P02" or "57P03" or "57P04" or "57P05" or "57014" or "25P03" or "25P04" or "25006";
}
