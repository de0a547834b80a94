namespace SolidCache.Postgres.Dispatch;

/// <summary>What a write does to its entry. A batch is of one kind, and one statement.</summary>
internal enum WriteKind
{
    Touch,
    Set,

    /// <summary>A set that is flushed before it is acknowledged.</summary>
    DurableSet,

    /// <summary>A set with tags, or whose value may be served for a while after its end.</summary>
    TaggedSet,
    DurableTaggedSet,

    /// <summary>A set of whoever has the entry's lease.</summary>
    Fill,
    Remove,
}
