using OxyPlot;
using SolidCache.Postgres.Benchmarks.Contestants;

namespace SolidCache.Postgres.Benchmarks.Plots;

/// <summary>The same colour and marker in all charts.</summary>
internal sealed record ContestantStyle(ContestantName Contestant, OxyColor Color, MarkerType Marker)
{
    public static readonly IReadOnlyList<ContestantStyle> All =
    [
        new(ContestantName.SolidCache, ChartColors.Blue, MarkerType.Circle),
        new(ContestantName.SolidCacheUncoalesced, ChartColors.Green, MarkerType.Triangle),
        new(ContestantName.Redis, ChartColors.Vermilion, MarkerType.Square),
        new(ContestantName.PlainNpgsql, ChartColors.Grey, MarkerType.Diamond),
    ];
}
