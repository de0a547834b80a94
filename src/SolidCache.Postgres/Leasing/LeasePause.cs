namespace SolidCache.Postgres.Leasing;

/// <summary>How long to wait before the next look at a value that another node makes: a few milliseconds at first, and longer for one that takes its time.</summary>
internal static class LeasePause
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(4);
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(100);
    private const double Growth = 1.6;

    /// <param name="looks">How many there were.</param>
    /// <param name="chance">From 0 to 1, so that nodes do not look in step.</param>
    public static TimeSpan After(int looks, double chance)
    {
        var pause = First * Math.Pow(Growth, Math.Min(looks - 1, 16));
        return (pause < Longest ? pause : Longest) * (0.75 + (chance / 2));
    }
}
