using System.Globalization;
using Microsoft.Extensions.Caching.Distributed;
using SolidCache.Postgres.FaultTests.Calls;
using SolidCache.Postgres.FaultTests.Promises;
using SolidCache.Postgres.FaultTests.Servers;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.FaultTests.Deadlines;

/// <summary>An absolute expiration counts from the call, and not from when the server came to it.</summary>
public sealed class Expirations : OneServer
{
    private static readonly TimeSpan Held = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan Life = TimeSpan.FromSeconds(3);

    [TearDown]
    public void Thaw() => Server.Thaw();

    [Test]
    public async Task The_wait_for_a_locked_row_is_no_part_of_a_life([Values] bool coalescing, [Values] bool async, [Values] bool relative)
    {
        await using var node = await StartAsync(coalescing);
        await node.Cache.SetAsync("key", [0], Forever);
        await using var other = await OtherTransaction.LockRowsAsync(Server, "key = 'key'");

        await AssertExactAsync(node, async, () => Absolute(relative), () => other.DisposeAsync().AsTask());
    }

    [Test]
    public async Task The_wait_for_a_server_that_stands_still_is_no_part_of_a_life([Values] bool coalescing, [Values] bool async)
    {
        await using var node = await StartAsync(coalescing);
        await node.Cache.SetAsync("another key", [0], Forever);
        var began = await NowAsync();
        Server.Freeze();

        await AssertExactAsync(
            node,
            async,
            static () => Absolute(relative: true),
            () =>
            {
                Server.Thaw();
                return Task.CompletedTask;
            },
            began);
    }

    [Test]
    public async Task The_cap_of_a_sliding_expiration_counts_from_the_call_too([Values] bool coalescing)
    {
        await using var node = await StartAsync(coalescing);
        await node.Cache.SetAsync("key", [0], Forever);
        await using var other = await OtherTransaction.LockRowsAsync(Server, "key = 'key'");

        await AssertExactAsync(
            node,
            async: true,
            static () => new() { SlidingExpiration = TimeSpan.FromHours(1), AbsoluteExpirationRelativeToNow = Life },
            () => other.DisposeAsync().AsTask());
        Assert.That(await node.Cache.GetTimeToLiveAsync("key"), Is.LessThan(Life));
    }

    [Test]
    public async Task A_life_that_ended_while_its_set_waited_is_never_seen([Values] bool coalescing, [Values] bool async)
    {
        await using var node = await StartAsync(coalescing);
        await node.Cache.SetAsync("key", [0], Forever);
        Task set;
        await using (await OtherTransaction.LockRowsAsync(Server, "key = 'key'"))
        {
            set = SetAsync(node, async, new() { AbsoluteExpirationRelativeToNow = TimeSpan.FromSeconds(1) });
            await Task.Delay(Held);
        }

        await set.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.That(await node.Cache.GetAsync("key"), Is.Null, "Neither the value that is past its time, nor the one that was replaced.");
        Assert.That(await node.Cache.ExistsAsync("key"), Is.False);
    }

    private Task<CacheHost> StartAsync(bool coalescing) =>
        StartNodeAsync(options => (options.Coalescing, options.OperationTimeout) = (coalescing, TimeSpan.FromSeconds(6)));

    private static DistributedCacheEntryOptions Absolute(bool relative) =>
        relative ? new() { AbsoluteExpirationRelativeToNow = Life } : new() { AbsoluteExpiration = DateTimeOffset.UtcNow + Life };

    private static Task SetAsync(CacheHost node, bool async, DistributedCacheEntryOptions options) =>
        async ? node.Cache.SetAsync("key", [1], options) : Verb.OnAThread(() => node.Cache.Set("key", [1], options));

    private async Task AssertExactAsync(CacheHost node, bool async, Func<DistributedCacheEntryOptions> options, Func<Task> release, string? began = null)
    {
        began ??= await NowAsync();
        var set = SetAsync(node, async, options());
        await Task.Delay(Held);
        Assert.That(set.IsCompleted, Is.False, "It waits.");
        await release();
        await set.WaitAsync(TimeSpan.FromSeconds(30));

        var life = await Server.ScalarAsync<double>($"SELECT extract(epoch FROM expires_at - '{began}')::float8 FROM solid_cache_entries WHERE key = 'key'");
        await TestContext.Out.WriteLineAsync($"It lives {life.ToString("0.00", CultureInfo.InvariantCulture)} s from its call.");
        // Never earlier than promised by more than clocks round; later by what lies between the question for the time and the call.
        Assert.That(life, Is.InRange(Life.TotalSeconds - 0.05, Life.TotalSeconds + 0.5));
    }

    private Task<string> NowAsync() => Server.ScalarAsync<string>("SELECT clock_timestamp()::text");
}
