namespace SolidCache.Postgres.Dispatch;

/// <summary>What a write does to its entry.</summary>
internal enum WriteKind
{
    Touch,
    Set,
    Remove,

    /// <summary>Nothing: its caller has the key for himself.</summary>
    Turn,
}
