namespace SolidCache.Postgres.Entries;

/// <summary>What became of the wish to make an entry's value.</summary>
internal enum LeaseState
{
    /// <summary>Nobody could say: the server is read-only or away.</summary>
    Unavailable,

    /// <summary>Nobody could say: somebody has locked the row.</summary>
    Locked,

    /// <summary>Somebody else makes it.</summary>
    Held,

    /// <summary>Whoever asked makes it.</summary>
    Granted,

    /// <summary>It is there by now.</summary>
    Live,
}
