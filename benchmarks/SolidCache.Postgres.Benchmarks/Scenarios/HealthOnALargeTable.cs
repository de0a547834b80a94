using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace SolidCache.Postgres.Benchmarks.Scenarios;

/// <summary>How long a health probe takes on two million rows, and how near its estimates come.</summary>
internal static class HealthOnALargeTable
{
    private const int Rows = 2_000_000;
    private const int Probes = 200;

    public static async Task RunAsync(Table table)
    {
        await table.FillAsync(Rows, 512, "CASE WHEN i % 10 = 0 THEN now() - interval '2 hours' ELSE 'infinity' END");
        var checks = table.Services.GetRequiredService<HealthCheckService>();
        var first = await TimeAsync(checks);
        var times = new List<double>();
        for (var probe = 0; probe < Probes; probe++)
        {
            times.Add((await TimeAsync(checks)).Milliseconds);
        }

        times.Sort();
        Console.WriteLine($"rows {Rows:N0}, of them expired {Rows / 10:N0}; reported: {string.Join(", ", first.Entry.Data.Select(pair => $"{pair.Key} {pair.Value:N0}"))}");
        Console.WriteLine($"probe: first {first.Milliseconds:F1} ms, then p50 {times[Probes / 2]:F1} ms, p99 {times[Probes * 99 / 100]:F1} ms, max {times[^1]:F1} ms");
    }

    private static async Task<(double Milliseconds, HealthReportEntry Entry)> TimeAsync(HealthCheckService checks)
    {
        var started = Stopwatch.GetTimestamp();
        var report = await checks.CheckHealthAsync();
        return (Stopwatch.GetElapsedTime(started).TotalMilliseconds, report.Entries["solid_cache"]);
    }
}
