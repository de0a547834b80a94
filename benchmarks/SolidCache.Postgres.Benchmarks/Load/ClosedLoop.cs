using System.Diagnostics;
using Microsoft.Extensions.Caching.Distributed;
using SolidCache.Postgres.Benchmarks.Workloads;

namespace SolidCache.Postgres.Benchmarks.Load;

/// <summary>A closed loop: each of so many callers makes its next call when its last is answered.</summary>
internal sealed class ClosedLoop
{
    private readonly Workload _workload;
    private readonly KeySupply _keys;
    private readonly Caller[] _callers;
    private readonly LoadWindow _window = new();

    public ClosedLoop(IDistributedCache cache, Workload workload, Dataset data, int callers)
    {
        _workload = workload;
        _keys = new KeySupply(workload.KeysOf(data), workload.Consumes);
        _callers = [.. Enumerable.Range(0, callers).Select(number => new Caller(number, cache, data))];
    }

    /// <summary>Warms up and measures without a break in between, and looks at the connections before the load ends.</summary>
    public async Task<RoundResult> RunAsync(TimeSpan warmUp, TimeSpan duration, Func<TimeSpan, Task<int>>? countConnections = null)
    {
        // The garbage of the last round is not this one's.
        GC.Collect();
        var load = Task.WhenAll(_callers.Select(caller => Task.Run(() => RepeatAsync(caller))));
        await Task.WhenAny(load, Task.Delay(warmUp));

        var allocatedBefore = GC.GetTotalAllocatedBytes(precise: true);
        var started = Stopwatch.GetTimestamp();
        _window.StartRecording();
        await Task.WhenAny(load, Task.Delay(duration));
        _window.StopRecording();
        var elapsed = Stopwatch.GetElapsedTime(started);
        var allocated = GC.GetTotalAllocatedBytes(precise: true) - allocatedBefore;

        var connections = countConnections is null ? 0 : await countConnections(elapsed);
        _window.End();
        await load;
        return Summarize(elapsed, allocated, connections);
    }

    /// <summary>Makes a fixed number of calls, for those who take the time themselves.</summary>
    public Task RunAsync(int operations)
    {
        _window.StartRecording();
        return Task.WhenAll(_callers.Select(caller => Task.Run(() => RepeatAsync(caller, operations / _callers.Length))));
    }

    /// <summary>The latencies of all calls so far that counted.</summary>
    public LatencyHistogram Latencies()
    {
        var sum = new LatencyHistogram();
        foreach (var caller in _callers)
        {
            sum.Add(caller.Latencies);
        }

        return sum;
    }

    private async Task RepeatAsync(Caller caller, int times = int.MaxValue)
    {
        for (; times > 0 && !_window.IsOver && _keys.Next(caller.Random) is { } key; times--)
        {
            var started = Stopwatch.GetTimestamp();
            await _workload.CallAsync(caller, key);
            if (_window.IsRecording)
            {
                caller.Latencies.Record(Stopwatch.GetElapsedTime(started));
            }
        }
    }

    private RoundResult Summarize(TimeSpan elapsed, long allocated, int connections)
    {
        var latencies = Latencies();
        var count = latencies.Count;
        return new RoundResult(
            count,
            count / elapsed.TotalSeconds,
            latencies.Quantile(0.5),
            latencies.Quantile(0.99),
            latencies.MeanMicroseconds,
            count == 0 ? 0 : (double)allocated / count,
            connections);
    }
}
