using System.Diagnostics;
using Microsoft.Extensions.Caching.Distributed;
using SolidCache.Postgres.FaultTests.Servers;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.FaultTests.Faults;

/// <summary>The server is stopped, and an application goes on calling: ten thousand times a second.</summary>
public sealed class ServerAway
{
    private const int Seconds = 5;
    private const int CallsOfATick = 100;
    private const int TicksOfASecond = 100;
    private static readonly DistributedCacheEntryOptions Forever = new() { AbsoluteExpirationRelativeToNow = TimeSpan.FromDays(1) };

    [Test]
    public async Task Calls_fail_at_once_and_leave_nothing_behind()
    {
        await using var cluster = await Cluster.StartNewAsync();
        await using var node = await CacheHost.StartAsync(cluster.ConnectionString);
        await node.Cache.SetAsync("key", [1], Forever);
        await cluster.StopFastAsync();
        await OpenAsync(node.Cache);

        var refused = 0;
        await CallAsync(async () =>
        {
            try
            {
                await node.Cache.GetAsync("key");
            }
            catch (SolidCacheException error) when (error.IsTransient)
            {
                refused++;
            }
        });

        Assert.That(refused, Is.EqualTo(Seconds * TicksOfASecond * CallsOfATick));
        await cluster.StartAsync();
        await Eventually.TrueAsync(() => node.Cache.GetAsync("key").ContinueWith(static call => call.IsCompletedSuccessfully && call.Result is [1], TaskScheduler.Default), "it reads again");
    }

    [Test]
    public async Task Degraded_calls_miss_at_once_and_what_was_dropped_is_not_read_when_the_server_is_back()
    {
        await using var cluster = await Cluster.StartNewAsync();
        var degraded = 0L;
        await using var node = await CacheHost.StartAsync(cluster.ConnectionString, options =>
        {
            options.FailureMode = SolidCacheFailureMode.Degrade;
            options.OnDegraded = _ => Interlocked.Increment(ref degraded);
        });
        await node.Cache.SetAsync("key", [1], Forever);
        await node.Cache.SetAsync("another key", [1], Forever);
        await cluster.StopFastAsync();
        await OpenAsync(node.Cache);
        var before = Interlocked.Read(ref degraded);

        await CallAsync(async () => Assert.That(await node.Cache.GetAsync("another key"), Is.Null));

        Assert.That(Interlocked.Read(ref degraded) - before, Is.EqualTo(Seconds * TicksOfASecond * CallsOfATick));
        await node.Cache.SetAsync("key", [2], Forever);
        await Assert.ThatAsync(() => node.Cache.RemoveAsync("key"), Throws.Exception);

        await cluster.StartAsync();
        await Eventually.TrueAsync(async () => await node.Cache.GetAsync("another key") is [1], "it reads again");
        Assert.That(await node.Cache.GetAsync("key"), Is.Null, "The old value is never read.");
        await Eventually.TrueAsync(async () => await cluster.ScalarAsync<long>("SELECT count(*) FROM solid_cache_entries WHERE key = 'key'") == 0, "the old value is removed");
    }

    /// <summary>Calls until the breakers of reads and writes are open; what was read in vain is not overwritten in <c>Degrade</c> mode, so it is a key of its own.</summary>
    private static async Task OpenAsync(ISolidCache cache)
    {
        for (var call = 0; call < 20; call++)
        {
            await ((Task)cache.GetAsync("a third key")).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await cache.RemoveAsync("key").ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Ten thousand calls a second, whose times are told and whose memory may not stay.</summary>
    private static async Task CallAsync(Func<Task> call)
    {
        var times = new double[Seconds * TicksOfASecond * CallsOfATick];
        var heap = GC.GetTotalMemory(forceFullCollection: true);
        using var ticks = new PeriodicTimer(TimeSpan.FromSeconds(1) / TicksOfASecond);
        for (var index = 0; index < times.Length; index++)
        {
            if (index % CallsOfATick == 0)
            {
                await ticks.WaitForNextTickAsync();
            }

            var began = Stopwatch.GetTimestamp();
            await call();
            times[index] = Stopwatch.GetElapsedTime(began).TotalMicroseconds;
        }

        var growth = GC.GetTotalMemory(forceFullCollection: true) - heap;
        Array.Sort(times);
        await TestContext.Out.WriteLineAsync(
            $"{times.Length} calls: p50 {times[times.Length / 2]:0.0} us, p99 {times[times.Length * 99 / 100]:0.0} us, max {times[^1]:0.0} us; heap {growth / 1e6:+0.0;-0.0} MB");
        Assert.That(growth, Is.LessThan(10_000_000));
    }
}
