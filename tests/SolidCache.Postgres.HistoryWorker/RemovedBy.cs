namespace SolidCache.Postgres.HistoryWorker;

/// <summary>What removes an entry from the cache when its data change.</summary>
public enum RemovedBy
{
    /// <summary>The transaction that changes the data, by its key.</summary>
    Key,

    /// <summary>The transaction that changes the data, by a tag of it.</summary>
    Tag,

    /// <summary>A trigger on the data.</summary>
    Trigger,

    /// <summary>Whoever changed the data, once that is done, while others store what they read before: cache-aside.</summary>
    NobodyInTime,
}
