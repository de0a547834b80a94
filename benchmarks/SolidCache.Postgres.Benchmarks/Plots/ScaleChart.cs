using System.Globalization;
using OxyPlot;
using SolidCache.Postgres.Benchmarks.Results;

namespace SolidCache.Postgres.Benchmarks.Plots;

/// <summary>The median latency by the number of rows, from the results of the scenario <c>scale</c>.</summary>
internal static class ScaleChart
{
    private static readonly (string Workload, string Callers, OxyColor Color, MarkerType Marker)[] Lines =
    [
        ("Get", "1", ChartColors.Blue, MarkerType.Circle),
        ("Get", "16", ChartColors.Green, MarkerType.Square),
        ("Set", "1", ChartColors.Vermilion, MarkerType.Triangle),
        ("Set", "16", ChartColors.Purple, MarkerType.Diamond),
    ];

    public static void Save(ResultTable scale, string folder)
    {
        string[] rows = [.. scale.Rows.Select(row => row[0]).Distinct()];
        var chart = new LineChart("Get and set, 1 KB: latency, p50", rows, "rows in the table", "p50, ms", isLogarithmic: false);
        foreach (var (workload, callers, color, marker) in Lines)
        {
            var line = scale.Where(new Dictionary<string, string> { ["Workload"] = workload, ["Callers"] = callers });
            var p50 = line.Columns.ToList().IndexOf("p50 ms");
            chart.Add($"{workload}, {callers} {(callers == "1" ? "caller" : "callers")}", color, marker, point =>
                line.Rows.FirstOrDefault(row => row[0] == point) is { } row ? double.Parse(row[p50], CultureInfo.InvariantCulture) : null);
        }

        chart.Save(Path.Combine(folder, "scale.svg"));
    }
}
