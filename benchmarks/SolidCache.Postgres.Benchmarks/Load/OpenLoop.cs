using System.Diagnostics;
using Microsoft.Extensions.Caching.Distributed;
using SolidCache.Postgres.Benchmarks.Servers;
using SolidCache.Postgres.Benchmarks.Workloads;

namespace SolidCache.Postgres.Benchmarks.Load;

/// <summary>
/// Independent arrivals, so many a second on the average (a Poisson process): nobody waits for an answer before another calls. A latency counts from the
/// moment at which the call was due, so that what is late because of the cache, or of this loop, is not left out.
/// </summary>
internal sealed class OpenLoop(IDistributedCache cache, Workload workload, Dataset data, int rate)
{
    private readonly Caller _caller = new(rate, cache, data);
    private double[] _latencies = [];

    public async Task<RoundResult> RunAsync(TimeSpan warmUp, TimeSpan duration, Func<TimeSpan, Task<int>> countConnections)
    {
        GC.Collect();
        var ignored = (int)(warmUp.TotalSeconds * rate);
        _latencies = new double[ignored + (int)(duration.TotalSeconds * rate)];
        var started = Stopwatch.GetTimestamp();
        var allocatedBefore = GC.GetTotalAllocatedBytes(precise: true);
        var calls = await Task.Factory.StartNew(Call, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await Task.WhenAll(calls);
        var elapsed = Stopwatch.GetElapsedTime(started);
        var allocated = GC.GetTotalAllocatedBytes(precise: true) - allocatedBefore;
        return Summarize(_latencies[ignored..], elapsed, (double)allocated / _latencies.Length, await countConnections(elapsed));
    }

    private Task[] Call()
    {
        ExactWait.Prepare();
        var calls = new Task[_latencies.Length];
        var due = (double)Stopwatch.GetTimestamp();
        for (var number = 0; number < calls.Length; number++)
        {
            due += -Math.Log(1 - _caller.Random.NextDouble()) * Stopwatch.Frequency / rate;
            ExactWait.Until((long)due);
            calls[number] = CallAsync(number, (long)due);
        }

        return calls;
    }

    private async Task CallAsync(int number, long due)
    {
        await workload.CallAsync(_caller, _caller.OneOf(data.Keys));
        _latencies[number] = Stopwatch.GetElapsedTime(due).TotalMicroseconds;
    }

    private RoundResult Summarize(double[] latencies, TimeSpan elapsed, double allocated, int connections)
    {
        Array.Sort(latencies);
        return new RoundResult(
            latencies.Length,
            _latencies.Length / elapsed.TotalSeconds,
            latencies[latencies.Length / 2],
            latencies[(int)(latencies.Length * 0.99)],
            latencies.Average(),
            allocated,
            connections);
    }
}
