namespace SolidCache.Postgres.Sweeping;

/// <summary>When the next sweep is due: about an interval later, and not at the same moment on every node.</summary>
internal static class SweepSchedule
{
    /// <summary>How far a node may be ahead of the interval or behind it, as a part of the interval.</summary>
    public const double Jitter = 0.1;

    /// <param name="interval">The interval.</param>
    /// <param name="chance">A random number from 0 to 1.</param>
    public static TimeSpan Next(TimeSpan interval, double chance) => interval * (1 + (Jitter * ((2 * chance) - 1)));
}
