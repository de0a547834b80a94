namespace SolidCache.Postgres.Sql;

/// <summary>Conditions that are true, and set how a statement is executed: each is evaluated once, before the first row.</summary>
internal static class WriteConditions
{
    /// <summary>
    /// How long a batch waits for rows that other transactions have locked, in milliseconds: longer than the cache's own writes hold theirs, and short, since the
    /// other rows of its statement, and those in the queue behind them, wait with it.
    /// </summary>
    public const string LockWait = "100";

    /// <summary>The same where rows are known to be locked.</summary>
    public const string ShortLockWait = "2";

    /// <summary>What a write that nobody holds up may wait, which is not taken from the life of its entry.</summary>
    public const int UsualWaitMilliseconds = 20;

    /// <summary>
    /// Raises <c>synchronous_commit</c> from off for this transaction where the write is to be durable, leaving any other setting as the server has it, and
    /// lowers it to off where not. And lets warnings through: that is all in which the server says that a standby has not confirmed a commit.
    /// </summary>
    /// <param name="isDurable">The SQL of a boolean.</param>
    public static string Durability(string isDurable) =>
        $"(SELECT set_config('synchronous_commit', CASE WHEN {isDurable} THEN replace(current_setting('synchronous_commit'), 'off', 'on') ELSE 'off' END, true) "
        + "|| set_config('client_min_messages', 'warning', true)) IS NOT NULL";

    /// <summary>
    /// Limits each wait for a lock. With the short one, nodes that listen are not told of the change, and find it by themselves: PostgreSQL has one lock for all who notify, which somebody
    /// keeps whose commit waits for a standby, in any database.
    /// </summary>
    /// <param name="milliseconds">The SQL of a text.</param>
    public static string WaitsForLocks(string milliseconds) =>
        $"(SELECT set_config('lock_timeout', {milliseconds}, true) || CASE {milliseconds} WHEN '{ShortLockWait}' THEN set_config('solid_cache.announced', 'later', true) ELSE '' END) IS NOT NULL";
}
