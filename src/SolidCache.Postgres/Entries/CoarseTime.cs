using System.Diagnostics.CodeAnalysis;

namespace SolidCache.Postgres.Entries;

/// <summary>
/// The system's clock to within some milliseconds, for hits in memory: a look at the exact one is a good part of what a hit costs.
/// </summary>
internal sealed class CoarseTime : TimeProvider
{
    public static CoarseTime Instance { get; } = new();

    public override long TimestampFrequency => 1_000;

    [SuppressMessage("ApiDesign", "RS0030", Justification = "This is the TimeProvider that stands for it.")]
    public override long GetTimestamp() => Environment.TickCount64;
}
