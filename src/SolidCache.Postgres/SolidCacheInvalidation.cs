namespace SolidCache.Postgres;

/// <summary>Entries that somebody has replaced or removed, on whichever node, by whatever statement.</summary>
public sealed class SolidCacheInvalidation
{
    internal SolidCacheInvalidation(IReadOnlyCollection<string> keys, IReadOnlyCollection<string> tags, bool isEverything) =>
        (Keys, Tags, IsEverything) = (keys, tags, isEverything);

    /// <summary>Gets the keys of the entries, as the application names them; a key that is stored as a hash (more than about 1,000 bytes) as it is stored.</summary>
    public IReadOnlyCollection<string> Keys { get; }

    /// <summary>Gets the tags all of whose entries are gone.</summary>
    public IReadOnlyCollection<string> Tags { get; }

    /// <summary>
    /// Gets a value indicating whether nothing may be relied on any more: the table was emptied, so much was changed at once that it is not listed, or what was
    /// changed is not known, as after a crash or a failover of the server.
    /// </summary>
    public bool IsEverything { get; }
}
