using SolidCache.Postgres.FaultTests.Calls;
using SolidCache.Postgres.FaultTests.Promises;
using SolidCache.Postgres.FaultTests.Servers;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.FaultTests.Deadlines;

/// <summary>A write that is merged with others of its key has its own limit, and they theirs.</summary>
public sealed class LimitsOfWrites : OneServer
{
    private static readonly TimeSpan Later = TimeSpan.FromSeconds(1.5);

    [Test]
    public async Task A_write_outlives_those_that_it_was_merged_with([Values] bool coalescing, [Values] bool async)
    {
        await using var node = await StartNodeAsync(options => (options.Coalescing, options.OperationTimeout) = (coalescing, Limit));
        await node.Cache.SetAsync("key", [0], Forever);
        var other = await OtherTransaction.LockRowsAsync(Server, "key = 'key'");
        // The first is sent, the second waits behind it, and what comes later takes its place.
        var early = new[] { SetAsync(node, async, 1), SetAsync(node, async, 2) };
        await Task.Delay(Later);
        var late = SetAsync(node, async, 3);

        var ends = await Task.WhenAll(early);
        await Task.Delay(TimeSpan.FromMilliseconds(300));
        await other.DisposeAsync();

        var end = await late;
        await TestContext.Out.WriteLineAsync($"early: {ends[0]}; {ends[1]}; late: {end}");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(ends, Has.All.Property(nameof(Ended.Error)).InstanceOf<TimeoutException>());
            Assert.That(ends.Select(early => early.After), Is.All.InRange(Limit - TimeSpan.FromSeconds(0.1), Limit + Slack));
            Assert.That(end.Error, Is.Null, "Its time was not over.");
            Assert.That(await node.Cache.GetAsync("key"), Is.EqualTo((byte[])[3]));
        }
    }

    [Test]
    public async Task Each_of_many_that_were_merged_runs_out_of_its_own_time([Values] bool coalescing)
    {
        await using var node = await StartNodeAsync(options => (options.Coalescing, options.OperationTimeout) = (coalescing, Limit));
        await node.Cache.SetAsync("key", [0], Forever);
        await using var other = await OtherTransaction.LockRowsAsync(Server, "key = 'key'");
        var calls = new List<Task<Ended>>();
        for (var call = 0; call < 9; call++)
        {
            calls.Add(call % 3 == 2 ? Ended.OfAsync(() => node.Cache.RemoveAsync("key")) : SetAsync(node, async: call % 3 == 0, (byte)call));
            await Task.Delay(TimeSpan.FromMilliseconds(300));
        }

        var ends = await Task.WhenAll(calls);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(ends, Has.All.Property(nameof(Ended.Error)).InstanceOf<TimeoutException>(), () => string.Join('\n', ends.AsEnumerable()));
            Assert.That(ends.Select(end => end.After), Is.All.InRange(Limit - TimeSpan.FromSeconds(0.1), Limit + Slack));
        }
    }

    [Test]
    public async Task A_call_that_waited_with_another_gets_what_is_left_of_its_own_time([Values] bool coalescing)
    {
        await using var node = await StartNodeAsync(options => (options.Coalescing, options.OperationTimeout) = (coalescing, Limit));
        await node.Cache.SetAsync("key", [0], Forever);
        await using (await OtherTransaction.LockRowsAsync(Server, "key = 'key'"))
        {
            var early = SetAsync(node, async: true, 1);
            await Task.Delay(Later);
            var late = Ended.OfAsync(() => node.Cache.RemoveAsync("key"));
            Assert.That((await early).Error, Is.InstanceOf<TimeoutException>());
            Assert.That((await late).After, Is.InRange(Limit - TimeSpan.FromSeconds(0.1), Limit + Slack));
        }

        await node.Cache.RemoveAsync("key");
        Assert.That(await Server.ScalarAsync<long>("SELECT count(*) FROM solid_cache_entries"), Is.Zero);
    }

    private static Task<Ended> SetAsync(CacheHost node, bool async, byte value) => Ended.OfAsync(() =>
        async ? node.Cache.SetAsync("key", [value], Forever) : Verb.OnAThread(() => node.Cache.Set("key", [value], Forever)));
}
