using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SolidCache.Postgres.FaultTests.Calls;
using SolidCache.Postgres.FaultTests.Servers;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.FaultTests.Promises;

/// <summary>What was suspected when the code was read.</summary>
[Category("Long")]
public sealed class Suspicions : OneServer
{
    [Test]
    public async Task Nobody_notices_the_task_scheduler_of_a_caller([Values] bool coalescing)
    {
        await using var node = await StartNodeAsync(options => options.Coalescing = coalescing);
        var cache = node.Cache;
        await cache.SetAsync("key", [1], Forever);
        // On a machine that is busy a server has often answered before its client looks, so that nothing leaves the caller's thread.
        using var busy = new BusyMachine();
        using var stopping = new CancellationTokenSource();
        var others = Enumerable.Range(0, 8).Select(number => Task.Run(async () =>
        {
            var ends = new List<Ended>();
            for (var call = 0; !stopping.IsCancellationRequested; call++)
            {
                ends.Add(await Verb.Asynchronous[(number + call) % Verb.Asynchronous.Count].EndAsync(cache, $"key:{number}"));
            }

            return ends.Where(end => end.Error is not null).ToList();
        })).ToArray();

        var (posted, calls) = (0, new List<Task>());
        var began = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(2))
        {
            // It runs what it was given, and then never anything again.
            var scheduler = new GoneScheduler();
            var started = Task.Factory.StartNew(
                () => Verb.Asynchronous.Select(verb => verb.CallAsync(cache, "key", CancellationToken.None)).ToArray(),
                CancellationToken.None,
                TaskCreationOptions.None,
                scheduler);
            scheduler.RunOnce();
            calls.AddRange(await started);
            await Task.WhenAny(Task.WhenAll(calls.TakeLast(Verb.Asynchronous.Count)), Task.Delay(100));
            posted += scheduler.Posted;
        }

        await stopping.CancelAsync();
        await TestContext.Out.WriteLineAsync($"{calls.Count} calls, {posted} of them left something to the scheduler.");
        Assert.That(posted, Is.Zero, "Nothing of the cache's own runs there.");
        Assert.That((await Task.WhenAll(others)).SelectMany(ends => ends).Take(3), Is.Empty, "Calls of others go on.");
        await Task.WhenAll(calls).WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Test]
    public async Task What_an_application_provides_may_throw_and_calls_go_on_when_it_does_not([Values] bool coalescing)
    {
        // Whatever it is, it comes out of the driver where nobody expects it.
        var isBroken = false;
        var builder = new NpgsqlDataSourceBuilder(new NpgsqlConnectionStringBuilder(Server.ConnectionString) { Password = null }.ConnectionString);
        builder.UsePasswordProvider(_ => Password(), (_, _) => ValueTask.FromResult(Password()));
        builder.ConnectionStringBuilder.ApplicationName = "SolidCache.Postgres";
        await using var source = builder.Build();
        await using var node = await CacheHost.StartAsync(
            null!, options => (options.Coalescing, options.OperationTimeout) = (coalescing, TimeSpan.FromSeconds(2)), services => services.AddSingleton(source));
        await node.Cache.SetAsync("key", [1], new() { SlidingExpiration = TimeSpan.FromHours(1) });

        isBroken = true;
        await Server.EndBackendsAsync();
        for (var round = 0; round < 3; round++)
        {
            var failed = await Ended.OfAllAsync(Verb.OfAKey.Select(verb => (Func<Task>)(() => verb.CallAsync(node.Cache, "key", CancellationToken.None))));
            Assert.That(failed, Has.All.Property(nameof(Ended.Error)).Not.Null);
            Assert.That(failed.Select(end => end.After), Is.All.LessThan(TimeSpan.FromSeconds(2) + Slack));
        }

        isBroken = false;
        foreach (var verb in Verb.All)
        {
            await Eventually.TrueAsync(async () => (await verb.EndAsync(node.Cache, "key")).Error is null, $"{verb} succeeds", TimeSpan.FromSeconds(10));
        }

        string Password() => isBroken ? throw new KeyNotFoundException("The application's own.") : DataFolder.Password;
    }

    [Test]
    public async Task Writes_of_one_key_by_several_nodes_wait_for_commits_that_take_longer_than_a_lock_wait([Values] bool coalescing, [Values] bool async)
    {
        // A standby that applies each commit 400 ms later, and a primary whose commits wait for that.
        await using var primary = await Cluster.StartNewAsync("synchronous_standby_names=*");
        await primary.ExecuteAsync("ALTER SYSTEM SET recovery_min_apply_delay = '400ms'");
        await using var standby = await primary.StartStandbyAsync();
        await primary.UntilSynchronousAsync();
        var connectionString = primary.ConnectionString + ";Options=-c synchronous_commit=remote_apply";
        await using var first = await StartAsync(connectionString, coalescing);
        await using var second = await StartAsync(connectionString, coalescing);

        var calls = ((CacheHost[])[first, second]).SelectMany(
            (node, number) => Enumerable.Range(0, 3).Select(caller => RepeatAsync(node, $"{number}.{caller}", async)));
        var ends = (await Task.WhenAll(calls)).SelectMany(ends => ends).ToList();

        await TestContext.Out.WriteLineAsync($"The longest took {ends.Max(end => end.After).TotalSeconds:0.0} s.");
        Assert.That(ends.Where(end => end.Error is not null).Take(3), Is.Empty);
    }

    [Test]
    public async Task Nodes_that_write_the_same_keys_over_and_over_wait_for_such_commits_too()
    {
        const int Keys = 30;
        await using var primary = await Cluster.StartNewAsync("synchronous_standby_names=*");
        await primary.ExecuteAsync("ALTER SYSTEM SET recovery_min_apply_delay = '300ms'");
        await using var standby = await primary.StartStandbyAsync();
        await primary.UntilSynchronousAsync();
        var connectionString = primary.ConnectionString + ";Options=-c synchronous_commit=remote_apply";
        await using var first = await StartAsync(connectionString, coalescing: true);
        await using var second = await StartAsync(connectionString, coalescing: true);

        var ends = new List<Ended>();
        for (var round = 0; round < 3; round++)
        {
            ends.AddRange(await Ended.OfAllAsync(((CacheHost[])[first, second, first, second]).SelectMany(node =>
                Enumerable.Range(0, Keys).Select(number => (Func<Task>)(() => node.Cache.SetAsync($"key:{number}", [1], Forever))))));
        }

        await TestContext.Out.WriteLineAsync($"The longest took {ends.Max(end => end.After).TotalSeconds:0.0} s.");
        Assert.That(ends.Where(end => end.Error is not null).Take(3), Is.Empty);
    }

    private static Task<CacheHost> StartAsync(string connectionString, bool coalescing) => CacheHost.StartAsync(
        connectionString,
        options => (options.Coalescing, options.Durability, options.OperationTimeout) = (coalescing, SolidCacheDurability.Full, TimeSpan.FromSeconds(8)));

    private static async Task<List<Ended>> RepeatAsync(CacheHost node, string caller, bool async)
    {
        var ends = new List<Ended>();
        foreach (var verb in (string[])(async ? ["SetAsync", "RemoveAsync", "SetAsync"] : ["Set", "Remove", "Set"]))
        {
            ends.Add(await Verb.Named(verb).EndAsync(node.Cache, "key"));
            ends.Add(await Verb.Named(verb).EndAsync(node.Cache, caller));
        }

        return ends;
    }

    /// <summary>More threads than processors that do nothing, for as long as it is not disposed.</summary>
    private sealed class BusyMachine : IDisposable
    {
        private volatile bool _isOver;

        public BusyMachine()
        {
            for (var thread = 0; thread < 2 * Environment.ProcessorCount; thread++)
            {
                new Thread(() => SpinWait.SpinUntil(() => _isOver)) { IsBackground = true, Priority = ThreadPriority.BelowNormal }.Start();
            }
        }

        public void Dispose() => _isOver = true;
    }

    /// <summary>Keeps tasks for when it is told to run them, which is once.</summary>
    private sealed class GoneScheduler : TaskScheduler
    {
        private readonly ConcurrentQueue<Task> _tasks = new();

        public int Posted => _tasks.Count;

        public void RunOnce()
        {
            if (_tasks.TryDequeue(out var task))
            {
                TryExecuteTask(task);
            }
        }

        protected override void QueueTask(Task task) => _tasks.Enqueue(task);

        protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

        protected override IEnumerable<Task> GetScheduledTasks() => _tasks;
    }
}
