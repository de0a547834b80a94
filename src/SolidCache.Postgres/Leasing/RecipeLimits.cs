namespace SolidCache.Postgres.Leasing;

/// <summary>What a caller leaves out, and how long he waits for the server.</summary>
/// <param name="SkipsRead">The entry is not looked for.</param>
/// <param name="SkipsWrite">What is made is not stored.</param>
/// <param name="SkipsFactory">Nothing is made.</param>
/// <param name="Budget">How long the server may take, for each question and answer; null as long as a call may.</param>
/// <param name="MaxValueBytes">What is longer is not stored; null as long as the cache allows.</param>
internal readonly record struct RecipeLimits(bool SkipsRead = false, bool SkipsWrite = false, bool SkipsFactory = false, TimeSpan? Budget = null, int? MaxValueBytes = null)
{
    /// <summary>Without reading and storing there is nothing that a lease would protect.</summary>
    public bool TakesLease => !SkipsRead && !SkipsWrite && !SkipsFactory;

    /// <summary>Whether the entry is not read before a lease is asked for, which answers with what is there.</summary>
    public bool AsksOnce => Budget is not null;
}
