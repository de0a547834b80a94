using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SolidCache.Postgres.FaultTests.Calls;
using SolidCache.Postgres.FaultTests.Servers;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.FaultTests.Promises;

/// <summary>
/// What was called before the end of a cache is carried out and acknowledged, for <c>OperationTimeout</c> at most; who calls later is told that it is gone.
/// </summary>
public sealed class Disposal : OneServer
{
    private const int Calls = 200;
    /// <summary>More than any of the limits here, and less than for good.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Window = TimeSpan.FromHours(1);

    [TearDown]
    public void Thaw() => Server.Thaw();

    [Test]
    public async Task What_was_called_before_is_carried_out([Values] bool coalescing)
    {
        var node = await StartNodeAsync(options => (options.Coalescing, options.OperationTimeout) = (coalescing, TimeSpan.FromSeconds(10)));
        await Task.WhenAll(Enumerable.Range(0, Calls).Select(number => node.Cache.SetAsync($"removed:{number}", [0], Forever)));
        var cache = node.Cache;
        var value = new byte[20_000];
        var calls = Enumerable.Range(0, Calls).SelectMany(number => (Func<Task>[])
        [
            () => cache.SetAsync($"set:{number}", [0], Forever),
            () => cache.SetAsync($"set:{number}", value, Forever),
            () => cache.RemoveAsync($"removed:{number}"),
            () => cache.GetAsync($"set:{number}"),
            () => cache.ExistsAsync($"set:{number}"),
            () => cache.RefreshAsync($"set:{number}"),
        ]);

        // So that none of them has ended before the disposal begins, and some have not begun: they wait for their turn.
        await using var other = await OtherTransaction.StartAsync(Server, "LOCK TABLE solid_cache_entries");
        var ends = Ended.OfAllAsync(calls);
        var disposing = EndAsync(node);
        await Task.WhenAny(disposing, Task.Delay(TimeSpan.FromMilliseconds(400)));
        await other.DisposeAsync();
        await disposing;

        using (Assert.EnterMultipleScope())
        {
            Assert.That((await ends).Where(end => end.Error is not null).Take(3), Is.Empty, "Each is acknowledged.");
            Assert.That(await CountAsync($"key LIKE 'set:%' AND octet_length(value) = {value.Length}"), Is.EqualTo(Calls), "What was set last is there.");
            Assert.That(await CountAsync("key LIKE 'removed:%'"), Is.Zero, "What was removed is not.");
        }
    }

    [Test]
    public async Task Blocking_calls_under_way_are_carried_out([Values] bool coalescing)
    {
        const int Threads = 16;
        var node = await StartNodeAsync(options => (options.Coalescing, options.OperationTimeout) = (coalescing, TimeSpan.FromSeconds(10)));
        var cache = node.Cache;
        await cache.SetAsync("locked", [0], Forever);
        await using var other = await OtherTransaction.StartAsync(Server, "LOCK TABLE solid_cache_entries IN SHARE MODE");
        using var begun = new CountdownEvent(Threads);
        var calls = Enumerable.Range(0, Threads).Select(number => Ended.OfAsync(() => Verb.OnAThread(() =>
        {
            begun.Signal();
            cache.Set($"set:{number}", [1], Forever);
        }))).ToArray();
        begun.Wait();
        await Eventually.TrueAsync(() => Server.ScalarAsync<bool>("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"), "a call waits for the lock");

        var disposing = node.DisposeAsync().AsTask();
        await other.DisposeAsync();
        await disposing.WaitAsync(Patience);

        // A thread that was between its signal and its call has called too late, and was told so.
        var ends = await Task.WhenAll(calls);
        Assert.That(ends.Where(end => end.Error is not (null or ObjectDisposedException)).Take(3), Is.Empty);
        Assert.That(await CountAsync("key LIKE 'set:%'"), Is.EqualTo(ends.Count(end => end.Error is null)).And.Positive);
    }

    [Test]
    public async Task Touches_of_reads_are_written([Values] bool coalescing, [Values] bool underWay)
    {
        var node = await StartNodeAsync(options => options.Coalescing = coalescing);
        var keys = Enumerable.Range(0, 10).Select(number => $"sliding:{number}").ToArray();
        await Task.WhenAll(keys.Select(key => node.Cache.SetAsync(key, [1], new() { SlidingExpiration = Window })));
        await Server.ExecuteAsync("UPDATE solid_cache_entries SET expires_at = now() + interval '1 minute'");

        var reads = Task.WhenAll(keys.Select(key => node.Cache.GetAsync(key)));
        if (!underWay)
        {
            await reads;
        }

        await EndAsync(node);

        Assert.That(await reads, Is.All.EqualTo((byte[])[1]));
        Assert.That(await CountAsync("expires_at > now() + interval '59 minutes'"), Is.EqualTo(keys.Length), "Each was extended.");
    }

    [Test]
    public async Task It_ends_in_time_without_an_error_while_the_server_is_frozen([Values] bool coalescing, [Values] bool async)
    {
        var node = await StartNodeAsync(options => options.Coalescing = coalescing);
        await EndsWellAsync(node, async, Server.Freeze);

        Server.Thaw();
        await Eventually.TrueAsync(async () => (await Server.BackendPidsAsync()).Length == 0, "no connection is left behind");
    }

    [TestCase(nameof(Traffic.Refused), true)]
    [TestCase(nameof(Traffic.Refused), false)]
    [TestCase(nameof(Traffic.Swallowed), true)]
    [TestCase(nameof(Traffic.Swallowed), false)]
    public async Task It_ends_in_time_without_an_error_while_the_network_is_away(string traffic, bool coalescing)
    {
        await using var network = new TcpProxy(Server.Port);
        var node = await StartNodeAsync(options => options.Coalescing = coalescing, Cluster.ConnectionStringOn(network.Port));
        await EndsWellAsync(node, async: true, () => network.Traffic = Enum.Parse<Traffic>(traffic));

        await Eventually.TrueAsync(
            async () =>
            {
                // What hung when the cache ended hangs up by itself, within its own time-outs.
                network.EndAbandoned();
                return (await Server.BackendPidsAsync()).Length == 0;
            },
            "no connection is left behind");
    }

    [Test]
    public async Task Every_verb_says_afterwards_that_it_is_gone(
        [Values] bool coalescing, [Values] SolidCacheFailureMode mode, [Values] bool away, [Values] bool shared)
    {
        var swallowed = 0;
        await using var network = new TcpProxy(Server.Port);
        // A data source of the application's outlives the cache, which must not go on with it.
        await using var source = NpgsqlDataSource.Create(Cluster.ConnectionStringOn(network.Port));
        var node = await CacheHost.StartAsync(
            shared ? null! : Cluster.ConnectionStringOn(network.Port),
            options =>
            {
                (options.Coalescing, options.FailureMode, options.OperationTimeout) = (coalescing, mode, TimeSpan.FromSeconds(2));
                options.OnDegraded = _ => Interlocked.Increment(ref swallowed);
            },
            services => services.AddSingleton(source));
        var cache = node.Cache;
        await cache.SetAsync("key", [0], Forever);
        if (away)
        {
            // Until the breakers are open, which must not be what answers afterwards.
            network.Traffic = Traffic.Refused;
            Func<Task>[] calls = [() => cache.GetAsync("key"), () => cache.SetAsync("key", [1], Forever)];
            await Ended.OfAllAsync(Enumerable.Repeat(calls, 10).SelectMany(both => both));
        }

        await EndAsync(node);
        network.Traffic = Traffic.Normal;
        swallowed = 0;

        using (Assert.EnterMultipleScope())
        {
            foreach (var verb in Verb.All)
            {
                var end = await verb.EndAsync(cache, "key");
                Assert.That(end.Error, Is.TypeOf<ObjectDisposedException>(), () => $"{verb}: {end}");
                Assert.That(end.After, Is.LessThan(TimeSpan.FromSeconds(1)), verb.Name);
            }

            Assert.That(swallowed, Is.Zero, "The end of a cache is no outage.");
        }
    }

    private static Task EndAsync(CacheHost node) => node.DisposeAsync().AsTask().WaitAsync(Patience);

    /// <summary>Disposes a node of whose calls the server hears nothing, or too late.</summary>
    private static async Task EndsWellAsync(CacheHost node, bool async, Action fault)
    {
        var limit = TimeSpan.FromSeconds(2) + Slack;
        var cache = node.Cache;
        await Task.WhenAll(Enumerable.Range(0, 8).Select(number => cache.SetAsync($"key:{number}", [0], new() { SlidingExpiration = Window })));
        fault();
        var calls = Enumerable.Range(0, 8).SelectMany(number => Verb.OfAKey.Select(verb => verb.EndAsync(cache, $"key:{number}"))).ToArray();

        var disposal = await Ended.OfAsync(() => async ? node.DisposeAsync().AsTask() : Verb.OnAThread(() => ((IDisposable)node.Services).Dispose()));
        var ends = await Task.WhenAll(calls);
        await TestContext.Out.WriteLineAsync($"disposal: {disposal}; the longest call: {ends.MaxBy(end => end.After)}");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(disposal.Error, Is.Null);
            Assert.That(disposal.After, Is.LessThan(limit));
            Assert.That(ends.Where(end => end.After > limit).Take(3), Is.Empty, "Every call comes back in time.");
            Assert.That(ends.Where(end => end.Error is null).Take(3), Is.Empty, "Nothing that the server did not do is acknowledged.");
        }
    }
}
