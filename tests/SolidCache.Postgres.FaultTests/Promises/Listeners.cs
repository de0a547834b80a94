using System.Diagnostics;
using System.Diagnostics.Metrics;
using Npgsql;
using SolidCache.Postgres.FaultTests.Calls;

namespace SolidCache.Postgres.FaultTests.Promises;

/// <summary>Listeners of the meter and of the activities throw. The calls are not theirs.</summary>
public sealed class Listeners : OneServer
{
    private static readonly string[] Instruments = ["hits", "misses", "sets", "removes", "touches", "errors", "operation.duration", "batch.size", "retries"];

    [Test, CancelAfter(40_000)]
    public async Task A_listener_of_the_meter_that_throws_harms_nobody([ValueSource(nameof(Instruments))] string instrument, [Values] bool async)
    {
        var node = await StartNodeAsync();
        await Verbs.AllAsync(node.Cache, async);
        var thrown = 0;
        using (var listener = new MeterListener())
        {
            listener.InstrumentPublished = (published, listening) =>
            {
                if (published.Meter.Name == SolidCacheTelemetry.MeterName && published.Name == "solid_cache." + instrument)
                {
                    listening.EnableMeasurementEvents(published);
                }
            };
            // Again and again, not only once for each lane.
            listener.SetMeasurementEventCallback<long>((_, _, _, _) => Throw(ref thrown));
            listener.SetMeasurementEventCallback<int>((_, _, _, _) => Throw(ref thrown));
            listener.SetMeasurementEventCallback<double>((_, _, _, _) => Throw(ref thrown));
            listener.Start();
            for (var round = 0; round < 3; round++)
            {
                await Server.ExecuteAsync("TRUNCATE solid_cache_entries");
                await InsertDueAsync(count: 8);
                AssertDoneAtOnce(await Verbs.AllAsync(node.Cache, async), "The calls succeed.");
                await Server.EndBackendsAsync();
                var broken = await Verbs.AllAsync(node.Cache, async);
                Assert.That(broken.Where(call => call.Error is not null and not NpgsqlException || call.After > AtOnce).Take(5), Is.Empty, "A broken connection is all that they meet.");
            }
        }

        await TestContext.Out.WriteLineAsync($"thrown {thrown} times");
        AssertDoneAtOnce(await Verbs.AllAsync(node.Cache, async), "And afterwards.");
        AssertNoOutage(node);
        Assert.That(thrown, instrument is "errors" or "retries" ? Is.Not.Negative : Is.Positive);
    }

    [Test, CancelAfter(40_000)]
    public async Task A_listener_of_activities_that_throws_harms_nobody([Values] bool async, [Values] bool coalescing)
    {
        var node = await StartNodeAsync(options => options.Coalescing = coalescing);
        await Verbs.AllAsync(node.Cache, async);
        var thrown = 0;
        using (var listener = new ActivityListener())
        {
            listener.ShouldListenTo = source => source.Name == SolidCacheTelemetry.ActivitySourceName;
            listener.Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded;
            listener.ActivityStarted = _ => Throw(ref thrown);
            listener.ActivityStopped = _ => Throw(ref thrown);
            ActivitySource.AddActivityListener(listener);
            for (var round = 0; round < 3; round++)
            {
                AssertDoneAtOnce(await Verbs.AllAsync(node.Cache, async), "The calls succeed.");
            }
        }

        Assert.That(thrown, Is.Positive);
        AssertDoneAtOnce(await Verbs.AllAsync(node.Cache, async), "And afterwards.");
        AssertNoOutage(node);
    }

    private static void Throw(ref int thrown)
    {
        Interlocked.Increment(ref thrown);
        throw new InvalidOperationException("A listener of the application's.");
    }
}
