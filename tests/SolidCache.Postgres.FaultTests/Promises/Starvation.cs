using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection;
using SolidCache.Postgres.FaultTests.Servers;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.FaultTests.Promises;

/// <summary>
/// No thread of the pool is free, since each is blocked, as in an application that calls synchronously: blocking calls need none. The tests block too, for the
/// pool is that of the process, and give it back before they await anything.
/// </summary>
[Category("Long")]
public sealed class Starvation : OneServer
{
    private const int Threads = 12;
    private const int Rounds = 20;

    /// <summary>Before which the pool is given back in any case.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(12);

    [Test]
    public async Task Blocking_calls_go_on_while_the_pool_is_blocked([Values] bool coalescing, [Values] bool warm)
    {
        await using var node = await StartNodeAsync(options => options.Coalescing = coalescing);
        var cache = node.Cache;
        if (warm)
        {
            await cache.SetAsync("key", [1], Forever);
            await cache.GetAsync("key");
        }

        var errors = new ConcurrentQueue<string>();
        var done = WithoutPool(() => Together(Threads, number =>
        {
            for (var round = 0; round < Rounds; round++)
            {
                var key = $"key:{(number + round) % 6}";
                Try(errors, "set", () => cache.Set(key, [1], new DistributedCacheEntryOptions { SlidingExpiration = TimeSpan.FromHours(1) }));
                Try(errors, "get", () => cache.Get(key));
                Try(errors, "refresh", () => cache.Refresh(key));
                Try(errors, "remove", () => cache.Remove(key));
            }
        }));

        Assert.That(errors.Take(3), Is.Empty);
        Assert.That(done, Is.True, "All calls come back.");
    }

    [Test]
    public async Task A_blocking_call_behind_an_awaited_one_of_its_key_goes_on_while_the_pool_is_blocked([Values] bool coalescing)
    {
        await using var node = await StartNodeAsync(options => options.Coalescing = coalescing);
        var cache = node.Cache;
        await cache.SetAsync("key", [0], Forever);
        var errors = new ConcurrentQueue<string>();
        var found = Array.Empty<byte>();
        var awaited = new List<Task>();

        var done = WithoutPool(() => Together(1, _ =>
        {
            for (var round = 0; round < Rounds; round++)
            {
                awaited.Add(cache.SetAsync("key", [1], Forever));
                awaited.Add(cache.GetAsync("key"));
                Try(errors, "set", () => cache.Set("key", [2], Forever));
                Try(errors, "get", () => found = cache.Get("key"));
            }
        }));

        Assert.That(errors.Take(3), Is.Empty);
        Assert.That(done, Is.True, "All calls come back.");
        Assert.That(found, Is.EqualTo((byte[])[2]));
        await Task.WhenAll(awaited).WaitAsync(Longest);
    }

    [Test]
    public async Task A_blocking_call_runs_out_of_time_while_the_pool_is_blocked([Values] bool coalescing)
    {
        var limit = TimeSpan.FromSeconds(1);
        await using var node = await StartNodeAsync(options => (options.Coalescing, options.OperationTimeout) = (coalescing, limit));
        var cache = node.Cache;
        await cache.SetAsync("key", [0], Forever);
        await using var other = await OtherTransaction.LockRowsAsync(Server, "key = 'key'");
        var ends = new ConcurrentQueue<(string? Error, TimeSpan Time)>();

        var done = WithoutPool(() => Together(4, _ =>
        {
            var errors = new ConcurrentQueue<string>();
            var began = Stopwatch.GetTimestamp();
            Try(errors, "set", () => cache.Set("key", [1], Forever));
            ends.Enqueue((errors.SingleOrDefault(), Stopwatch.GetElapsedTime(began)));
        }));

        Assert.That(done, Is.True, "All calls come back.");
        Assert.That(ends.Select(end => end.Error), Is.All.Contains(nameof(TimeoutException)));
        Assert.That(ends.Select(end => end.Time), Is.All.LessThan(limit + Slack));
    }

    [Test]
    public async Task Blocking_calls_are_served_again_after_an_outage_while_the_pool_is_blocked([Values] bool coalescing)
    {
        var limit = TimeSpan.FromSeconds(1);
        await using var node = await StartNodeAsync(options => (options.Coalescing, options.OperationTimeout) = (coalescing, limit));
        var cache = node.Cache;
        await cache.SetAsync("key", [0], Forever);
        await cache.GetAsync("key");
        var (refused, served, back) = (false, false, TimeSpan.Zero);

        var done = WithoutPool(() => Together(1, _ =>
        {
            Server.Freeze();
            refused = SpinWait.SpinUntil(() => ErrorOf(Get) == nameof(SolidCacheException) && ErrorOf(Set) == nameof(SolidCacheException), TimeSpan.FromSeconds(5));
            Server.Thaw();
            var began = Stopwatch.GetTimestamp();
            served = SpinWait.SpinUntil(() => ErrorOf(Get) is null && ErrorOf(Set) is null, TimeSpan.FromSeconds(5));
            back = Stopwatch.GetElapsedTime(began);
        }));

        await TestContext.Out.WriteLineAsync($"served again after {back.TotalSeconds:0.0} s");
        Assert.That((done, refused, served), Is.EqualTo((true, true, true)));

        void Get() => cache.Get("key");

        void Set() => cache.Set("key", [1], Forever);
    }

    [Test]
    public async Task Locks_are_taken_and_freed_and_messages_published_while_the_pool_is_blocked()
    {
        await using var node = await StartNodeAsync(static options => options.Invalidation.Enabled = true);
        var (locks, told) = (node.Services.GetRequiredService<ISolidCacheLocks>(), node.Services.GetRequiredService<ISolidCacheInvalidations>());
        await told.WaitUntilCurrentAsync();
        var errors = new ConcurrentQueue<string>();

        var done = WithoutPool(() => Together(Threads, number =>
        {
            for (var round = 0; round < 5; round++)
            {
                Try(errors, "lock", () =>
                {
                    using var held = locks.TryAcquire($"lock:{number}", Timeout.InfiniteTimeSpan);
                    told.Publish("channel", new byte[] { 1 });
                });
            }
        }));

        Assert.That(errors.Take(3), Is.Empty);
        Assert.That(done, Is.True, "All calls come back.");
    }

    private static string? ErrorOf(Action call)
    {
        var errors = new ConcurrentQueue<string>();
        Try(errors, "", call);
        return errors.SingleOrDefault()?.Split(':')[1].Trim();
    }

    /// <summary>Whoever calls first makes the table, before any host has started.</summary>
    [Test]
    public async Task A_first_call_makes_the_table_while_the_pool_is_blocked([Values] bool coalescing)
    {
        await Server.ExecuteAsync($"DROP TABLE {Tables} CASCADE");
        await using var node = CacheHost.Build(Server.ConnectionString, options => (options.Coalescing, options.OperationTimeout) = (coalescing, Limit));
        var cache = node.Cache;
        var errors = new ConcurrentQueue<string>();

        var done = WithoutPool(() => Together(4, number =>
        {
            Try(errors, "set", () => cache.Set($"key:{number}", [1], Forever));
            Try(errors, "get", () => cache.Get($"key:{number}"));
        }));

        Assert.That(errors.Take(3), Is.Empty);
        Assert.That(done, Is.True, "All calls come back.");
        Assert.That(await CountAsync("true"), Is.EqualTo(4));
    }

    /// <summary>Its first statements are those of the schema, which have a limit of their own.</summary>
    [Test]
    public async Task A_first_call_keeps_its_limit_while_the_pool_is_blocked_and_the_network_swallows_everything([Values] bool coalescing, [Values] bool isUnderWay)
    {
        // It takes connections, and that is all; or it stops in the middle of what makes the table.
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        await Server.ExecuteAsync($"DROP TABLE {Tables} CASCADE");
        await using var other = await OtherTransaction.StartAsync(Server, "CREATE TABLE solid_cache_entries (key text)");
        var port = isUnderWay ? Server.Port : ((IPEndPoint)silent.LocalEndpoint).Port;
        await using var node = CacheHost.Build(
            Cluster.ConnectionStringOn(port), options => (options.Coalescing, options.OperationTimeout) = (coalescing, Limit));
        var cache = node.Cache;
        var ends = new ConcurrentQueue<(string? Error, TimeSpan Time)>();

        var done = WithoutPool(() => Together(8, number =>
        {
            var errors = new ConcurrentQueue<string>();
            var began = Stopwatch.GetTimestamp();
            Try(errors, "call", () =>
            {
                if (number % 2 == 0)
                {
                    cache.Set($"key:{number}", [1], Forever);
                }
                else
                {
                    cache.Get($"key:{number}");
                }
            });
            ends.Enqueue((errors.SingleOrDefault(), Stopwatch.GetElapsedTime(began)));
        }));
        await other.RollBackAsync();

        await TestContext.Out.WriteLineAsync($"{ends.MaxBy(end => end.Time)}");
        Assert.That(done, Is.True, "All calls come back.");
        Assert.That(ends.Select(end => end.Error), Is.All.Not.Null);
        Assert.That(ends.Select(end => end.Time), Is.All.LessThan(Limit + Slack));
    }

    /// <summary>Runs some work on threads of its own.</summary>
    /// <returns>Whether it ended.</returns>
    private static bool Together(int count, Action<int> work)
    {
        var threads = Enumerable.Range(0, count).Select(number => new Thread(() => work(number)) { IsBackground = true }).ToArray();
        Array.ForEach(threads, thread => thread.Start());
        var began = Stopwatch.GetTimestamp();
        return Array.TrueForAll(threads, thread => thread.Join(Longest - Stopwatch.GetElapsedTime(began) is { Ticks: > 0 } rest ? rest : TimeSpan.Zero));
    }

    /// <summary>Does something while each thread of the pool is blocked. Blocks itself, so that it can end.</summary>
    private static T WithoutPool<T>(Func<T> work)
    {
        ThreadPool.GetMinThreads(out var min, out var minIo);
        ThreadPool.GetMaxThreads(out var max, out var maxIo);
        using var free = new ManualResetEventSlim();
        var blocked = 0;
        ThreadPool.SetMinThreads(1, minIo);
        // No fewer than processors, and no fewer than there are already: those that are idle are blocked as well.
        var threads = Math.Max(Environment.ProcessorCount, ThreadPool.ThreadCount);
        ThreadPool.SetMaxThreads(threads, maxIo);
        try
        {
            for (var thread = 0; thread < 4 * threads; thread++)
            {
                ThreadPool.UnsafeQueueUserWorkItem(
                    _ =>
                    {
                        Interlocked.Increment(ref blocked);
                        free.Wait();
                    },
                    null);
            }

            // This is one of them, or it is not.
            SpinWait.SpinUntil(() => Volatile.Read(ref blocked) >= threads - 1, TimeSpan.FromSeconds(2));
            Thread.Sleep(100);
            return work();
        }
        finally
        {
            free.Set();
            ThreadPool.SetMaxThreads(max, maxIo);
            ThreadPool.SetMinThreads(min, minIo);
            SpinWait.SpinUntil(() => Volatile.Read(ref blocked) == 4 * threads, TimeSpan.FromSeconds(5));
        }
    }

    private static void Try(ConcurrentQueue<string> errors, string what, Action call)
    {
        try
        {
            call();
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            errors.Enqueue($"{what}: {error.GetType().Name}: {error.Message}");
        }
    }
}
