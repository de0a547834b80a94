namespace SolidCache.Postgres.Sweeping;

/// <summary>How a sweep ended.</summary>
/// <param name="Deleted">The entries it deleted; those of an earlier node included whose pass it finished.</param>
/// <param name="SkipReason">Why nothing was swept, or null when a pass ran to its end.</param>
internal readonly record struct SweepResult(long Deleted, string? SkipReason)
{
    /// <summary>Gets the result of a sweep that found the state table empty.</summary>
    public static SweepResult StateIsGone { get; } = Skipped("the row of the state table is gone");

    public static SweepResult Skipped(string reason) => new(0, reason);
}
