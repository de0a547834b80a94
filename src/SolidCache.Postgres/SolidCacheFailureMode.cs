namespace SolidCache.Postgres;

/// <summary>What becomes of a call while the server of a cache, or the way to it, is away.</summary>
public enum SolidCacheFailureMode
{
    /// <summary>It throws.</summary>
    Throw = 0,

    /// <summary>
    /// A read misses, a set or refresh does nothing; a remove still throws. A set that was dropped has left the old value in the table: this
    /// process misses on its key until that value is removed, which it does when the server is back. Other processes may read the old value until then.
    /// A set of a key whose last read missed because of an outage is not stored, until a read of it succeeds or a minute has passed. Each holds for up to
    /// 100,000 keys (docs/reliability.md). For values that can be made anew, and not for those that are read, changed and written back.
    /// </summary>
    Degrade = 1,
}
