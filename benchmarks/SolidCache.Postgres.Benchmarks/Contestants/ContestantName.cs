namespace SolidCache.Postgres.Benchmarks.Contestants;

/// <summary>Who takes part.</summary>
internal enum ContestantName
{
    /// <summary>This library with its defaults.</summary>
    SolidCache,

    /// <summary>A statement and a connection for each call.</summary>
    SolidCacheUncoalesced,

    /// <summary>Sets that wait for the disk, as those of <see cref="PlainNpgsql"/> do.</summary>
    SolidCacheFull,

    /// <summary>Microsoft.Extensions.Caching.StackExchangeRedis.</summary>
    Redis,

    /// <summary>A table and one statement a call, as one writes it in an afternoon.</summary>
    PlainNpgsql,
#if RIVALS

    /// <summary>Microsoft.Extensions.Caching.Postgres with its defaults, which are an unlogged table.</summary>
    MicrosoftPostgres,

    /// <summary>Community.Microsoft.Extensions.Caching.PostgreSql with its defaults.</summary>
    CommunityPostgreSql,
#endif
}
