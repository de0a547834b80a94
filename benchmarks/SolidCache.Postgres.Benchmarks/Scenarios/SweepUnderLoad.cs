using System.Diagnostics;
using SolidCache.Postgres.Benchmarks.Load;
using SolidCache.Postgres.Benchmarks.Results;
using SolidCache.Postgres.Benchmarks.Workloads;

namespace SolidCache.Postgres.Benchmarks.Scenarios;

/// <summary>
/// Two sweeps at once of the expired half of a table while writers run: how long a sweep makes a writer wait, as the server itself
/// tells it.
/// </summary>
internal static class SweepUnderLoad
{
    private const int Writers = 8;
    private const int ValueBytes = 512;

    public static async Task<ResultTable> RunAsync(Table table, ScenarioSettings settings)
    {
        await table.FillAsync(settings.Rows, ValueBytes, "CASE WHEN i % 2 = 0 THEN now() - interval '1 hour' ELSE 'infinity' END");
        await table.SettleAsync();
        var data = new Dataset(KeySpace.Rows, Enumerable.Range(1, settings.Rows), ValueBytes);
        using var stop = new CancellationTokenSource();
        var writers = Enumerable.Range(0, Writers).Select(writer => Task.Run(() => WriteAsync(table, data, writer, stop.Token))).ToArray();
        var watch = LockWatch.RunAsync(table, stop.Token);

        var clock = Stopwatch.StartNew();
        var counts = await Task.WhenAll(table.Cache.RemoveExpiredAsync(), table.Cache.RemoveExpiredAsync());
        clock.Stop();
        await stop.CancelAsync();
        var latencies = new LatencyHistogram();
        Array.ForEach(await Task.WhenAll(writers), latencies.Add);
        var (looks, longest, waits) = await watch;

        var results = new ResultTable("sweep-under-load", "Figure", "Value");
        results.Add("rows deleted by two sweeps", string.Join(" + ", counts.Select(count => $"{count:N0}")));
        results.Add("seconds", $"{clock.Elapsed.TotalSeconds:F1}");
        results.Add("expired rows left", $"{await table.ScalarAsync<long>("SELECT count(*) FROM solid_cache_entries WHERE expires_at <= now()"):N0}");
        results.Add($"sets by {Writers} writers", $"{latencies.Count:N0}");
        results.Add("sets, p50 ms", $"{latencies.Quantile(0.5) / 1_000:F1}");
        results.Add("sets, p99 ms", $"{latencies.Quantile(0.99) / 1_000:F1}");
        results.Add("sets, longest ms", $"{latencies.Quantile(1) / 1_000:F1}");
        results.Add("looks for waiting writers", $"{looks:N0}");
        results.Add("seen waiting for a sweep", $"{waits:N0}");
        results.Add("longest wait for a sweep, ms", $"{longest.TotalMilliseconds:F0}");
        return results;
    }

    private static async Task<LatencyHistogram> WriteAsync(Table table, Dataset data, int writer, CancellationToken stop)
    {
        var random = new Random(writer);
        var latencies = new LatencyHistogram();
        while (!stop.IsCancellationRequested)
        {
            var started = Stopwatch.GetTimestamp();
            var (key, value) = (data.Keys[random.Next(data.Keys.Length)], data.Values[random.Next(data.Values.Length)]);
            await table.Cache.SetAsync(key, value, KeySpace.Fixed.Expiration, CancellationToken.None);
            latencies.Record(Stopwatch.GetElapsedTime(started));
        }

        return latencies;
    }
}
