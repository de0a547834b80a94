namespace SolidCache.Postgres.Benchmarks.Propagations;

/// <summary>What a process can do with an entry.</summary>
internal enum PropagationVerb
{
    /// <summary>Reads it, so that it is in its memory.</summary>
    Read,

    /// <summary>Changes it, and answers when that was acknowledged.</summary>
    Change,

    /// <summary>Reads it again and again, and answers when the first read began that did not find what was there before the change.</summary>
    Watch,
}
