namespace SolidCache.Postgres.Benchmarks.Propagations;

/// <summary>Whose memory it is, and how it hears of changes.</summary>
internal enum PropagationCache
{
    /// <summary>This library's HybridCache, which is told and looks into the log then.</summary>
    ToldByNotifications,

    /// <summary>This library's HybridCache without a listener: it looks into the log twice a second.</summary>
    LooksIntoTheLog,

    /// <summary>FusionCache over Redis with its backplane on Redis.</summary>
    FusionCacheOverRedis,
}
