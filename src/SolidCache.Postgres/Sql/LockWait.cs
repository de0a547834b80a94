using Npgsql;

namespace SolidCache.Postgres.Sql;

/// <summary>
/// How long a write waits for rows that other transactions have locked. Longer than the cache's own writes hold theirs; and short, since the
/// other rows of its statement, and those in the queue behind them, wait with it. Who finds a row still locked tries again: see <see cref="LockedRows"/>.
/// </summary>
internal static class LockWait
{
    /// <summary>A condition that is true, and limits each wait of its statement to so many milliseconds.</summary>
    public const string IsShort = "(SELECT set_config('lock_timeout', '250', true)) IS NOT NULL";

    /// <summary>Whether a write ended because a row was locked for longer.</summary>
    public static bool Ended(Exception error) => error is PostgresException { SqlState: PostgresErrorCodes.LockNotAvailable };
}
