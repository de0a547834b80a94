namespace SolidCache.Postgres.Dispatch;

/// <summary>What a read wants to know of its entry.</summary>
internal enum ReadKind
{
    Value,

    /// <summary>How long it lives, and whether a touch is due; not the value, which may be large.</summary>
    Life,
}
