namespace SolidCache.Postgres.Benchmarks.Propagations;

/// <summary>What one node does, of which the others are to hear.</summary>
internal enum ChangeKind
{
    /// <summary>It removes the entry.</summary>
    Remove,

    /// <summary>It sets another value.</summary>
    Replace,

    /// <summary>It removes the entries of a tag.</summary>
    RemoveByTag,

    /// <summary>It changes the data and removes the entry in one transaction.</summary>
    RemoveInTransaction,

    /// <summary>It changes the data, whose table has a trigger.</summary>
    ChangeDataWithTrigger,
}
