using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using SolidCache.Postgres.Benchmarks.Load;
using SolidCache.Postgres.Benchmarks.Results;

namespace SolidCache.Postgres.Benchmarks.Scenarios;

/// <summary>How long a health probe takes on two million rows, and how near its estimates come.</summary>
internal static class HealthOnALargeTable
{
    private const int Probes = 200;

    public static async Task<ResultTable> RunAsync(Table table, ScenarioSettings settings)
    {
        await table.FillAsync(settings.Rows, 512, "CASE WHEN i % 10 = 0 THEN now() - interval '2 hours' ELSE 'infinity' END");
        var checks = table.Services.GetRequiredService<HealthCheckService>();
        var (first, report) = await TimeAsync(checks);
        var times = new LatencyHistogram();
        for (var probe = 0; probe < Probes; probe++)
        {
            times.Record((await TimeAsync(checks)).Elapsed);
        }

        var results = new ResultTable("health-on-a-large-table", "Figure", "Value");
        results.Add("rows", $"{settings.Rows:N0}");
        results.Add("of them expired", $"{settings.Rows / 10:N0}");
        foreach (var (name, value) in report.Data)
        {
            results.Add($"reported: {name}", $"{value:N0}");
        }

        results.Add("first probe, ms", $"{first.TotalMilliseconds:F1}");
        results.Add("further probes, p50 ms", $"{times.Quantile(0.5) / 1_000:F1}");
        results.Add("further probes, p99 ms", $"{times.Quantile(0.99) / 1_000:F1}");
        return results;
    }

    private static async Task<(TimeSpan Elapsed, HealthReportEntry Entry)> TimeAsync(HealthCheckService checks)
    {
        var started = Stopwatch.GetTimestamp();
        var report = await checks.CheckHealthAsync();
        return (Stopwatch.GetElapsedTime(started), report.Entries["solid_cache"]);
    }
}
