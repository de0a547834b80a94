namespace SolidCache.Postgres.Leasing;

/// <summary>What a caller leaves out, and how long he waits for the server.</summary>
/// <param name="SkipsRead">The entry is not looked for.</param>
/// <param name="SkipsWrite">What is made is not stored.</param>
/// <param name="SkipsFactory">Nothing is made.</param>
/// <param name="Budget">How long the server may take, for each question and answer; null as long as a call may.</param>
/// <param name="MaxValueBytes">What is longer is not stored; null as long as the cache allows.</param>
/// <param name="IsAway">The server did not answer, and is asked for nothing more.</param>
internal readonly record struct RecipeLimits(bool SkipsRead = false, bool SkipsWrite = false, bool SkipsFactory = false, TimeSpan? Budget = null, int? MaxValueBytes = null, bool IsAway = false)
{
    /// <summary>Whether the entry is looked for.</summary>
    public bool Looks => !SkipsRead && !IsAway;

    /// <summary>How long the server may take, for each question and answer.</summary>
    public TimeSpan Patience => Budget ?? Timeout.InfiniteTimeSpan;

    /// <summary>Without storing there is nothing that a lease would protect.</summary>
    public bool TakesLease => !SkipsWrite && !SkipsFactory && !IsAway;
}
