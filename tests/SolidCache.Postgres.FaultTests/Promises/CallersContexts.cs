using System.Collections.Concurrent;
using SolidCache.Postgres.FaultTests.Calls;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.FaultTests.Promises;

/// <summary>Callers under a SynchronizationContext: a user interface, Blazor Server, a test runner. Nobody else notices it, and it gets nothing from the cache.</summary>
public sealed class CallersContexts : OneServer
{
    private const int Keys = 96;

    [Test, CancelAfter(40_000)]
    public async Task A_context_that_runs_nothing_any_more_gets_nothing_and_holds_up_nobody([Values] bool coalescing)
    {
        var node = await StartNodeAsync(options => (options.Coalescing, options.OperationTimeout) = (coalescing, Limit * 2));
        await node.Cache.SetAsync("key:0", [1], Forever);
        var context = new GoneContext();

        var callers = Enumerable.Range(0, 4).Select(_ => Verb.OnAThread(() =>
        {
            SynchronizationContext.SetSynchronizationContext(context);
            for (var round = 0; round < (coalescing ? 400 : 40) && context.Posts == 0; round++)
            {
                // Many at once, so that batches and lanes of all kinds begin on this thread.
                CallMany(node.Cache, Limit * 2);
            }
        }));
        await Task.WhenAll(callers).WaitAsync(TimeSpan.FromSeconds(30));

        var others = await Task.WhenAll(Enumerable.Range(0, 20).Select(number => Ended.OfAsync(() => CallAsync(node.Cache, "key:0", number))));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(context.Posts, Is.Zero, "Nothing of the cache is a matter of the context.");
            AssertDoneAtOnce(others, "Other callers are served.");
        }
    }

    [Test, CancelAfter(40_000)]
    public async Task A_thread_that_runs_its_context_alone_can_block_on_every_verb([Values] bool coalescing)
    {
        var node = await StartNodeAsync(options => options.Coalescing = coalescing);
        await node.Cache.SetAsync("key:0", [1], Forever);
        var context = new GoneContext();

        var ended = await Ended.OfAsync(() => Verb.OnAThread(() =>
        {
            SynchronizationContext.SetSynchronizationContext(context);
            for (var number = 0; number < 200; number++)
            {
                node.Cache.Set("key:1", [1], Forever);
                node.Cache.Get("key:1");
                node.Cache.Refresh("key:1");
                node.Cache.Remove("key:1");
                CallAsync(node.Cache, "key:0", number).GetAwaiter().GetResult();
            }

            node.Cache.GetStatisticsAsync().GetAwaiter().GetResult();
            node.Cache.RemoveByPrefixAsync("key:").GetAwaiter().GetResult();
            node.Cache.RemoveExpiredAsync().GetAwaiter().GetResult();
        }));

        await TestContext.Out.WriteLineAsync($"{ended}");
        Assert.That(context.Posts, Is.Zero);
        Assert.That(ended.Error, Is.Null);
    }

    /// <summary>The server fails at once here, again and again, which ends batches before anything was waited for.</summary>
    [Test, CancelAfter(40_000)]
    public async Task Calls_that_fail_on_a_context_leave_nothing_on_it([Values] bool coalescing)
    {
        var node = await StartNodeAsync(options => options.Coalescing = coalescing);
        await node.Cache.SetAsync("key:0", [1], Forever);
        var context = new GoneContext();
        var stopping = new CancellationTokenSource();
        var ending = EndBackendsAsync(stopping.Token);

        await Verb.OnAThread(() =>
        {
            SynchronizationContext.SetSynchronizationContext(context);
            for (var began = Environment.TickCount64; Environment.TickCount64 - began < 4_000 && context.Posts == 0;)
            {
                CallMany(node.Cache, Limit);
            }
        }).WaitAsync(TimeSpan.FromSeconds(30));
        await stopping.CancelAsync();
        await ending;

        Assert.That(context.Posts, Is.Zero);
        await Eventually.TrueAsync(async () => (await Verbs.AllAsync(node.Cache, async: true)).TrueForAll(call => call.Error is null), "all is well again");
        AssertDoneAtOnce(await Task.WhenAll(Enumerable.Range(0, 20).Select(number => Ended.OfAsync(() => CallAsync(node.Cache, "key:0", number)))), "Others are served.");
    }

    /// <summary>Calls, and waits until all have ended. Nothing is awaited: that would be a post of the test's own.</summary>
    private static void CallMany(ISolidCache cache, TimeSpan limit)
    {
        IAsyncResult calls = Task.WhenAll(KeysOf("key:", Keys).Select((key, number) => CallAsync(cache, key, number)));
        Assert.That(calls.AsyncWaitHandle.WaitOne(limit + Ended.Grace), Is.True, "The calls end.");
    }

    private static Task CallAsync(ISolidCache cache, string key, int number) => (number % 6) switch
    {
        0 => cache.SetAsync(key, new byte[100], Forever),
        1 => cache.RemoveAsync(key),
        2 => cache.ExistsAsync(key),
        3 => cache.RefreshAsync(key),
        4 => cache.GetTimeToLiveAsync(key),
        _ => cache.GetAsync(key),
    };

    private async Task EndBackendsAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            await Server.EndBackendsAsync();
            await Task.Delay(20, CancellationToken.None);
        }
    }

    /// <summary>Its thread has ended, or never comes to what was posted.</summary>
    private sealed class GoneContext : SynchronizationContext
    {
        private readonly ConcurrentQueue<SendOrPostCallback> _posted = new();

        public int Posts => _posted.Count;

        public override void Post(SendOrPostCallback d, object? state) => _posted.Enqueue(d);

        public override void Send(SendOrPostCallback d, object? state) => _posted.Enqueue(d);
    }
}
