using System.Diagnostics;
using System.Diagnostics.Metrics;
using SolidCache.Postgres.FaultTests.Calls;

namespace SolidCache.Postgres.FaultTests.Promises;

/// <summary>
/// Listeners of the driver's own meter and activities throw, within the driver and on a thread of the cache's. That cannot be kept from the batch that meets it; it
/// is no outage, and nothing is left of it: above all no connection on which the next statement would get another's answer.
/// </summary>
public sealed class DriverListeners : OneServer
{
    private const string Driver = "Npgsql";

    /// <summary>Of a cache with all its verbs at work: docs/reliability.md, Connections.</summary>
    private const int MostConnections = 9;

    [Test, CancelAfter(60_000)]
    public async Task What_they_throw_ends_batches_and_is_no_outage([Values] bool meter, [Values] bool async, [Values] bool coalescing)
    {
        var node = await StartNodeAsync(options => options.Coalescing = coalescing);
        await Verbs.AllAsync(node.Cache, async);
        var thrown = 0;
        var ends = new List<Ended>();
        using (IDisposable listener = meter ? Measuring(() => Throw(ref thrown)) : Tracing(() => Throw(ref thrown)))
        {
            for (var round = 0; round < 5; round++)
            {
                ends.AddRange(await Verbs.AllAsync(node.Cache, async));
                ends.Add(await Ended.OfAsync(() => node.Cache.RemoveByPrefixAsync("none")));
            }
        }

        // Each call has opened a connection that was of no use: hundreds, with which a slow server is not done as soon as their client.
        await Server.UntilAllAreAcceptedAsync();

        // Writes wait while it is looked what became of those before them; and a parameter that was half written ends one batch more.
        var first = await Verbs.AllAsync(node.Cache, async);
        var after = await Verbs.AllAsync(node.Cache, async);
        var connections = (await Server.BackendPidsAsync()).Length;
        await TestContext.Out.WriteLineAsync($"thrown {thrown} times; then {connections} connections");
        foreach (var end in ends.GroupBy(static end => $"{end.Error?.GetType().Name ?? "done"}: {end.Error?.Message}"))
        {
            await TestContext.Out.WriteLineAsync($"{end.Count()} {end.Key}, {end.Max(static end => end.After).TotalSeconds:0.00} s at most");
        }

        using (Assert.EnterMultipleScope())
        {
            Assert.That(thrown, Is.Positive);
            AssertWithinLimit(ends);
            Assert.That(ends.Where(static end => end.Error is not (null or TimeoutException or SolidCacheException { InnerException: InvalidOperationException or OperationCanceledException })).Take(3), Is.Empty);
            Assert.That(first.Where(static end => end.Error is not (null or TimeoutException or SolidCacheException)).Take(3), Is.Empty);
            AssertDoneAtOnce(after, "Nothing is left of it.");
            AssertNoOutage(node);
            Assert.That(connections, Is.LessThanOrEqualTo(MostConnections), "None is lost.");
        }
    }

    private static MeterListener Measuring(Action heard)
    {
        var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, listening) =>
            {
                if (instrument.Meter.Name == Driver)
                {
                    listening.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<int>((_, _, _, _) => heard());
        listener.SetMeasurementEventCallback<long>((_, _, _, _) => heard());
        listener.SetMeasurementEventCallback<double>((_, _, _, _) => heard());
        listener.Start();
        return listener;
    }

    private static ActivityListener Tracing(Action heard)
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == Driver,
            Sample = static (ref _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStarted = _ => heard(),
            ActivityStopped = _ => heard(),
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }

    private static void Throw(ref int thrown)
    {
        // As one does whose own time is up, too.
        throw Interlocked.Increment(ref thrown) % 2 == 0 ? new InvalidOperationException("A listener of the application's.") : new OperationCanceledException("A listener's own.");
    }
}
