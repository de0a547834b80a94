using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using SolidCache.Postgres.FaultTests.Calls;
using SolidCache.Postgres.FaultTests.Promises;
using SolidCache.Postgres.FaultTests.Servers;

namespace SolidCache.Postgres.FaultTests.Deadlines;

/// <summary>Calls that are cancelled by the hundred and by the thousand: they are gone at once, and cost nobody anything.</summary>
public sealed class Cancellations : OneServer
{
    private const string LockTable = "LOCK TABLE solid_cache_entries";
    private const int MaxQueued = 300;

    private static IEnumerable<TestCaseData> VerbsOfAQueue =>
        from verb in Verb.Asynchronous
        from coalescing in (bool[])[true, false]
        select new TestCaseData(verb.Name, coalescing);

    [TestCaseSource(nameof(VerbsOfAQueue))]
    public async Task A_queued_call_that_is_cancelled_makes_room_at_once(string name, bool coalescing)
    {
        var verb = Verb.Named(name);
        await using var node = await StartNodeAsync(options =>
            (options.Coalescing, options.MaxQueuedCalls, options.OperationTimeout) = (coalescing, MaxQueued, TimeSpan.FromSeconds(20)));
        using var depth = new MetricCollector<int>(node.Services.GetRequiredService<IMeterFactory>(), SolidCacheTelemetry.MeterName, "solid_cache.queue.depth");
        await node.Cache.SetAsync("another key", [1], Forever);
        await using var other = await OtherTransaction.StartAsync(Server, LockTable);
        using var cancellation = new CancellationTokenSource();

        // Those that are sent take no room. Whoever comes until the queue is full does.
        var cancelled = new List<Task<Ended>>();
        for (var number = 0; number < 4 * MaxQueued; number++)
        {
            cancelled.Add(verb.EndAsync(node.Cache, $"key:{number}", cancellation.Token));
        }

        await Task.Delay(TimeSpan.FromMilliseconds(100));
        await cancellation.CancelAsync();
        var ends = await Task.WhenAll(cancelled);
        Assert.That(ends.Select(end => end.Error), Has.All.InstanceOf<OperationCanceledException>().Or.InstanceOf<SolidCacheException>());

        depth.RecordObservableInstruments();
        Assert.That(depth.GetMeasurementSnapshot().TakeLast(2).Sum(one => one.Value), Is.Zero, "Nobody waits any more.");
        var patient = Enumerable.Range(0, MaxQueued - 10).Select(number => verb.EndAsync(node.Cache, $"patient:{number}")).ToArray();
        await other.DisposeAsync();
        Assert.That((await Task.WhenAll(patient)).Where(end => end.Error is not null).Take(3), Is.Empty, "There is room for as many again.");
    }

    [TestCaseSource(nameof(VerbsOfAQueue))]
    public async Task Thousands_of_calls_are_cancelled_within_milliseconds(string name, bool coalescing)
    {
        const int Calls = 5_000;
        var verb = Verb.Named(name);
        await using var node = await StartNodeAsync(options => (options.Coalescing, options.OperationTimeout) = (coalescing, TimeSpan.FromSeconds(20)));
        await node.Cache.SetAsync("another key", [1], Forever);
        await using var other = await OtherTransaction.StartAsync(Server, LockTable);
        using var cancellation = new CancellationTokenSource();
        var calls = Enumerable.Range(0, Calls).Select(number => verb.EndAsync(node.Cache, $"key:{number}", cancellation.Token)).ToArray();
        await Task.Delay(TimeSpan.FromMilliseconds(500));
        var threads = Process.GetCurrentProcess().Threads.Count;

        var began = Stopwatch.GetTimestamp();
        // As an application does that has no time to await it.
        cancellation.Cancel();
        var blocked = Stopwatch.GetElapsedTime(began);
        var grown = Process.GetCurrentProcess().Threads.Count - threads;
        var ends = await Task.WhenAll(calls);
        var ended = Stopwatch.GetElapsedTime(began);

        await TestContext.Out.WriteLineAsync(
            $"Cancel() took {blocked.TotalMilliseconds:0} ms, all calls had ended after {ended.TotalMilliseconds:0} ms; {grown} threads more.");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(ends.Select(end => end.Error), Has.All.InstanceOf<OperationCanceledException>());
            Assert.That(blocked, Is.LessThan(TimeSpan.FromMilliseconds(500)), "Who cancels is not held up.");
            Assert.That(ended, Is.LessThan(TimeSpan.FromSeconds(1.5)), "Who was cancelled knows it soon.");
            Assert.That(grown, Is.LessThan(50), "No call takes a thread.");
        }
    }
}
