using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Caching.Distributed;
using SolidCache.Postgres.Tool.Commands;

namespace SolidCache.Postgres.Tool.Verifying;

/// <summary>
/// How long a call takes, one at a time, over the connection that the tool has. A first impression and no benchmark suite: that is in the
/// repository of the library.
/// </summary>
internal sealed class Benchmark(ISolidCache cache, Terminal terminal, int iterations)
{
    /// <summary>Few, since the pages that they take stay with the table.</summary>
    private const int Keys = 10;
    private const int WarmUps = 100;
    private const int HistogramBars = 12;
    private static readonly DistributedCacheEntryOptions OneMinute = new() { AbsoluteExpirationRelativeToNow = TimeSpan.FromMinutes(1) };
    private static readonly byte[] Value = new byte[1_024];
    private readonly string _prefix = $"solid-cache-verify:{Guid.NewGuid():N}:";

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        // Published by the Python service that this cache takes after, with PostgreSQL on the same machine.
        (string Name, double Original, Func<string, Task> Call)[] cases =
        [
            ("SET", 0.47, key => cache.SetAsync(key, Value, OneMinute, cancellationToken)),
            ("GET", 0.37, key => cache.GetAsync(key, cancellationToken)),
            ("SET JSON", 0.40, key => cache.SetJsonAsync(key, SampleValue.One, ToolJson.Default.SampleValue, OneMinute, cancellationToken)),
            ("GET JSON", 0.33, key => cache.GetJsonAsync(key, ToolJson.Default.SampleValue, cancellationToken)),
        ];
        var sizeBefore = (await cache.GetStatisticsAsync(cancellationToken)).TotalSizeBytes;
        var results = new List<(string Name, double Original, double[] Times)>();
        try
        {
            foreach (var (name, original, call) in cases)
            {
                results.Add((name, original, await MeasureAsync(call)));
            }
        }
        finally
        {
            await cache.RemoveByPrefixAsync(_prefix, CancellationToken.None);
        }

        terminal.Table(
            ["Operation", "Mean ms", "p50 ms", "p99 ms", "Original's mean ms"],
            results.Select(static result => (string[])
                [result.Name, Milliseconds(result.Times.Average()), Milliseconds(At(result.Times, 0.5)), Milliseconds(At(result.Times, 0.99)), Milliseconds(result.Original)]));
        foreach (var (name, _, times) in results)
        {
            ShowHistogram(name, times);
        }

        if ((await cache.GetStatisticsAsync(cancellationToken)).TotalSizeBytes - sizeBefore is > 0 and var grown)
        {
            terminal.Line("");
            terminal.Line($"No entry of this is left. The table is {SizeText.Of(grown)} larger than before: pages that VACUUM empties for the next entries.");
        }
    }

    private static string Milliseconds(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);

    private static double At(double[] sorted, double quantile) => sorted[(int)Math.Min(sorted.Length - 1, Math.Floor(sorted.Length * quantile))];

    /// <returns>The times in milliseconds, sorted.</returns>
    private async Task<double[]> MeasureAsync(Func<string, Task> call)
    {
        for (var warmUp = 0; warmUp < WarmUps; warmUp++)
        {
            await call($"{_prefix}{warmUp % Keys}");
        }

        var times = new double[iterations];
        for (var iteration = 0; iteration < iterations; iteration++)
        {
            var began = Stopwatch.GetTimestamp();
            await call($"{_prefix}{iteration % Keys}");
            times[iteration] = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        }

        Array.Sort(times);
        return times;
    }

    /// <summary>Bars of equal width up to the 99th percentile; the last holds what took longer.</summary>
    private void ShowHistogram(string name, double[] times)
    {
        var (least, width) = (times[0], (At(times, 0.99) - times[0]) / (HistogramBars - 1));
        var counts = new int[HistogramBars];
        foreach (var time in times)
        {
            counts[width <= 0 ? 0 : (int)Math.Min(HistogramBars - 1, (time - least) / width)]++;
        }

        terminal.Line("");
        terminal.Line(name);
        for (var bar = 0; bar < HistogramBars; bar++)
        {
            var length = (int)Math.Ceiling(40.0 * counts[bar] / counts.Max());
            terminal.Line($"{(bar == HistogramBars - 1 ? ">" : " ")}{Milliseconds(least + (bar * width)),8} ms  {new string('█', length)} {counts[bar]}");
        }
    }
}
