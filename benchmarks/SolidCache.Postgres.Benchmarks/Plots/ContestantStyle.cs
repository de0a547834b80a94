using OxyPlot;
using SolidCache.Postgres.Benchmarks.Contestants;

namespace SolidCache.Postgres.Benchmarks.Plots;

/// <summary>The same colour and marker in all charts; colours that most colour-blind readers can tell apart (Okabe and Ito).</summary>
internal sealed record ContestantStyle(ContestantName Contestant, string Title, OxyColor Color, MarkerType Marker)
{
    public static readonly IReadOnlyList<ContestantStyle> All =
    [
        new(ContestantName.SolidCache, "SolidCache", OxyColor.FromRgb(0x00, 0x72, 0xb2), MarkerType.Circle),
        new(ContestantName.SolidCacheUncoalesced, "Uncoalesced", OxyColor.FromRgb(0x56, 0xb4, 0xe9), MarkerType.Triangle),
        new(ContestantName.Redis, "Redis", OxyColor.FromRgb(0xd5, 0x5e, 0x00), MarkerType.Square),
        new(ContestantName.PlainNpgsql, "Plain Npgsql", OxyColor.FromRgb(0x5f, 0x5f, 0x5f), MarkerType.Diamond),
    ];
}
