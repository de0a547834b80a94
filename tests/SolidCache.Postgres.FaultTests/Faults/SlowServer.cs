using System.Diagnostics;
using SolidCache.Postgres.FaultTests.Calls;
using SolidCache.Postgres.FaultTests.Servers;
using SolidCache.Postgres.Histories;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.FaultTests.Faults;

/// <summary>A thousand callers share one connection for reads and one for writes to a server that takes a tenth of a second for each answer.</summary>
public sealed class SlowServer
{
    private const int Callers = 1_000;
    private const int MaxQueuedCalls = 150;

    [Test]
    public async Task Those_for_whom_the_queue_has_no_place_are_told_at_once_and_the_others_are_served()
    {
        await using var cluster = await Cluster.StartNewAsync();
        await using var proxy = new TcpProxy(cluster.Port);
        await using var node = await CacheHost.StartAsync(
            Cluster.ConnectionStringOn(proxy.Port),
            options => (options.ReadConnections, options.WriteConnections, options.MaxQueuedCalls) = (1, 1, MaxQueuedCalls));
        await node.Cache.SetAsync("key", [1], new());
        proxy.Traffic = Traffic.Slow;

        var crowd = new Crowd(node.Cache, Callers);
        using var stopping = new CancellationTokenSource();
        var heap = GC.GetTotalMemory(forceFullCollection: true);
        var highest = heap;
        var running = crowd.RunAsync(stopping.Token);
        for (var began = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(8); await Task.Delay(20))
        {
            highest = Math.Max(highest, GC.GetTotalMemory(forceFullCollection: false));
        }

        await stopping.CancelAsync();
        await running.WaitAsync(TimeSpan.FromSeconds(10));
        var growth = GC.GetTotalMemory(forceFullCollection: true) - heap;
        proxy.Traffic = Traffic.Normal;
        await Parallel.ForAsync(0, Callers, async (number, token) => await node.Cache.SetAsync($"after:{number}", [1], new(), token));

        var (served, refused) = (crowd.Times(Outcome.Succeeded), crowd.Times(Outcome.Refused));
        await TestContext.Out.WriteLineAsync(
            $"served {served.Length}: {Told(served)}; refused {refused.Length}: {Told(refused)}; heap {(highest - heap) / 1e6:+0.0} MB at most, {growth / 1e6:+0.0;-0.0} MB after\n{crowd.Refusal}");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(RegisterCheck.Violations(crowd.History, lateness: 0).Take(5), Is.Empty, "What cannot be is not seen, and what was refused is not stored.");
            Assert.That(served, Has.Length.GreaterThan(Callers));
            Assert.That(served[^1], Is.LessThan(new PostgresSolidCacheOptions().OperationTimeout));
            Assert.That(refused, Has.Length.GreaterThan(Callers));
            Assert.That(At(refused, 0.99), Is.LessThan(TimeSpan.FromMilliseconds(50)));
            Assert.That(crowd.Refusal, Does.Contain($"has {MaxQueuedCalls} calls").And.Contain("does not keep up"));
            Assert.That(highest - heap, Is.LessThan(200_000_000));
            Assert.That(growth, Is.LessThan(50_000_000), "What remains is the history.");
        }
    }

    private static string Told(TimeSpan[] times) =>
        $"p50 {At(times, 0.5).TotalMilliseconds:0.000} ms, p99 {At(times, 0.99).TotalMilliseconds:0.000} ms, max {times[^1].TotalMilliseconds:0.0} ms";

    private static TimeSpan At(TimeSpan[] times, double part) => times[(int)(times.Length * part)];
}
