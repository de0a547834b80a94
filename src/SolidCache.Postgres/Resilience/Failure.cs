using System.Data.Common;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;

namespace SolidCache.Postgres.Resilience;

/// <summary>What kind of failure an error is: the server's SQLSTATE decides, in this one place.</summary>
internal static class Failure
{
    /// <summary>
    /// Whether the server, or the way to it, is at fault rather than the call or the configuration. It passes by itself; calls may be
    /// treated as misses meanwhile, and a breaker counts it.
    /// </summary>
    public static bool IsOutage(Exception error) => error switch
    {
        SolidCacheException { IsTransient: var isTransient } => isTransient,
        DbException { SqlState: { Length: 5 } state } => IsOutageState(state) || IsRolledBack(state),
        DbException when IsOfCertificates(error) => false,
        DbException { InnerException: AggregateException several } => several.InnerExceptions.All(IsOutage),
        DbException or SocketException or IOException or TimeoutException => true,
        _ => false,
    };

    /// <summary>Whether TLS did not come about: the server's certificate is not trusted, or a file of certificates cannot be read. Waiting does not help.</summary>
    public static bool IsOfCertificates(Exception error) => error is DbException
    {
        InnerException: AuthenticationException or CryptographicException or FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException,
    };

    /// <summary>Whether a call ran out of time: nothing came back, and that took long.</summary>
    public static bool IsTimeout(Exception error) => error is TimeoutException or DbException { InnerException: TimeoutException };

    /// <summary>Whether a read may be sent once more, at once: it changes nothing, and a fresh connection often answers where a broken one did not.</summary>
    public static bool MayReadAgain(Exception error) => IsOutage(error) && error is DbException && !IsTimeout(error) && !IsState(error, "57014");

    /// <summary>Whether the server said that it has undone the write, or never began it, so that it may be sent once more.</summary>
    public static bool MayWriteAgain(Exception error) => error is DbException { SqlState: { } state } && (IsRolledBack(state) || state == "57P05");

    /// <summary>Whether the server lacks nothing but room: 53100. Removals need none.</summary>
    public static bool IsDiskFull(Exception error) => error switch
    {
        DbException { InnerException: AggregateException several } => several.InnerExceptions.All(IsDiskFull),
        _ => IsState(error, "53100"),
    };

    /// <summary>Whether a touch is left out, and the entry expires earlier: the server is read-only, or its disk is full.</summary>
    public static bool MaySkipTouch(Exception error) => IsState(error, "25006") || IsState(error, "53100");

    /// <summary>Whether a breaker counts it: neither this call's own rows and locks are to blame, nor a full queue.</summary>
    public static bool IsServersFault(Exception error) => IsOutage(error) && !MayWriteAgain(error) && error is not SolidCacheException;

    private static bool IsState(Exception error, string state) => (error as DbException)?.SqlState == state;

    /// <summary>40001 serialization failure, 40P01 deadlock, 55P03 lock not available.</summary>
    private static bool IsRolledBack(string state) => state is "40001" or "40P01" or "55P03";

    /// <summary>
    /// Classes 08 (connection), 53 (resources: disk, memory, connections) and 58 (system); 57P01 to 57P05 (shut down, starting up, dropped,
    /// idle for too long), 57014 (cancelled by a time-out), 25P03 and 25P04 (time-outs of transactions), 25006 (read-only: a standby, or a
    /// primary that was made one), 0A000 (a cached plan whose result type has changed).
    /// </summary>
    private static bool IsOutageState(string state) =>
        state[..2] is "08" or "53" or "58"
        || state is "57P01" or "57P02" or "57P03" or "57P04" or "57P05" or "57014" or "25P03" or "25P04" or "25006" or "0A000";
}
