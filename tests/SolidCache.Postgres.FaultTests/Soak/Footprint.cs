using System.Diagnostics.Metrics;

namespace SolidCache.Postgres.FaultTests.Soak;

/// <summary>What the caches, and the process that they are in, hold while nobody calls.</summary>
internal sealed class Footprint : IDisposable
{
    /// <summary>Three nodes, each with as many as it may have: those of its lanes, and one for each duty beside them.</summary>
    private const int Connections = 3 * 10;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(6);
    private readonly MeterListener _meters = new();
    private long _queued;
    private long _unobserved;

    public Footprint()
    {
        _meters.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Meter.Name == SolidCacheTelemetry.MeterName && instrument.Name == "solid_cache.queue.depth")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _meters.SetMeasurementEventCallback<int>((_, depth, _, _) => _queued += depth);
        _meters.Start();
        TaskScheduler.UnobservedTaskException += Unobserved;
    }

    /// <summary>Everything that <see cref="TakeAsync"/> reads, in its order.</summary>
    public static IReadOnlyList<Gauge> Gauges { get; } =
    [
        new("managed heap after a collection, without large objects, MB", Allowance: 1.5, Limit: 100),
        // The shared pool of arrays keeps some of two megabytes, which come and go with the luck of the callers; so does the memory that the collector keeps.
        new("large objects of the managed heap, MB", Allowance: 20, Limit: 200),
        new("working set, MB", Allowance: 100, Limit: 1_000),
        new("threads", Allowance: 6, Limit: 100),
        new("queued work items of the thread pool", Allowance: 2, Limit: 20),
        new("active timers", Allowance: 3, Limit: 60),
        new("file descriptors", Allowance: 6, Limit: 400),
        new("of these, sockets", Allowance: 4, Limit: 100),
        new("the caches' connections at the server", Allowance: 3, Limit: Connections),
        new("calls in the caches' queues", Allowance: 0, Limit: 0),
        new("exceptions of tasks that nobody awaited", Allowance: 0, Limit: 0),
    ];

    public async Task<double[]> TakeAsync(Site site)
    {
        await SettledAsync(site);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        _queued = 0;
        _meters.RecordObservableInstruments();
        var descriptors = Descriptors();
        var large = LargeObjects();
        return
        [
            (GC.GetTotalMemory(forceFullCollection: false) - large) / 1e6,
            large / 1e6,
            Environment.WorkingSet / 1e6,
            Directory.GetDirectories("/proc/self/task").Length,
            ThreadPool.PendingWorkItemCount,
            Timer.ActiveCount,
            descriptors.Count,
            descriptors.Count(target => target.StartsWith("socket:", StringComparison.Ordinal)),
            await ConnectionsAsync(site),
            _queued,
            Interlocked.Read(ref _unobserved),
        ];
    }

    public void Dispose()
    {
        TaskScheduler.UnobservedTaskException -= Unobserved;
        _meters.Dispose();
    }

    /// <summary>Attempts to connect that the fault has left may take as long as a call to end.</summary>
    private static async Task SettledAsync(Site site)
    {
        for (var waited = TimeSpan.Zero; waited < Patience && await ConnectionsAsync(site) > Connections; waited += TimeSpan.FromSeconds(0.1))
        {
            await Task.Delay(TimeSpan.FromSeconds(0.1));
        }
    }

    private static long LargeObjects()
    {
        var generation = GC.GetGCMemoryInfo(GCKind.FullBlocking).GenerationInfo[3];
        return generation.SizeAfterBytes - generation.FragmentationAfterBytes;
    }

    private static async Task<int> ConnectionsAsync(Site site) => (await site.Cluster.BackendPidsAsync()).Length;

    private static List<string> Descriptors()
    {
        var targets = new List<string>();
        foreach (var descriptor in Directory.GetFiles("/proc/self/fd"))
        {
            // The one through which the folder was read is closed by now.
            if (new FileInfo(descriptor).LinkTarget is { } target)
            {
                targets.Add(target);
            }
        }

        return targets;
    }

    private void Unobserved(object? sender, UnobservedTaskExceptionEventArgs unobserved) => Interlocked.Increment(ref _unobserved);
}
