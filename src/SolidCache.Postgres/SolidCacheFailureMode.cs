namespace SolidCache.Postgres;

/// <summary>What becomes of a call while the server of a cache, or the way to it, is away.</summary>
public enum SolidCacheFailureMode
{
    /// <summary>It throws.</summary>
    Throw = 0,

    /// <summary>
    /// A read misses, a set or refresh does nothing; a remove still throws. A set that was dropped has left the old value in the table: this
    /// process misses on its key until that value is removed, which it does as soon as the server is back. Other processes may read the old value until then.
    /// </summary>
    Degrade = 1,
}
