namespace SolidCache.Postgres.Benchmarks.Stampedes;

/// <summary>What keeps callers who miss at once from all making the value.</summary>
internal enum StampedeGuard
{
    /// <summary>This library's <c>GetOrCreateAsync</c>: a lease in the table.</summary>
    SolidCache,

    /// <summary>HybridCache over Redis: callers of one process share a run.</summary>
    HybridCacheOverRedis,

    /// <summary>FusionCache over Redis, with its distributed locker, a lock in Redis.</summary>
    FusionCacheOverRedis,
}
