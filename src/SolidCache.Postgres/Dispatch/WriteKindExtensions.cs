namespace SolidCache.Postgres.Dispatch;

/// <summary>What the kinds of writes have in common.</summary>
internal static class WriteKindExtensions
{
    /// <summary>Whether it stores a value, for which there must be room.</summary>
    public static bool Stores(this WriteKind kind) => kind is not (WriteKind.Touch or WriteKind.Remove);

    public static bool IsDurable(this WriteKind kind) => kind is WriteKind.DurableSet or WriteKind.DurableTaggedSet or WriteKind.Remove;

    /// <summary>The same write, flushed before it is acknowledged.</summary>
    public static WriteKind Durable(this WriteKind kind) => kind switch
    {
        WriteKind.Set => WriteKind.DurableSet,
        WriteKind.TaggedSet => WriteKind.DurableTaggedSet,
        _ => kind,
    };
}
