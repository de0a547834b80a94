using System.Security.Cryptography;
using SolidCache.Postgres.FaultTests.Calls;
using SolidCache.Postgres.FaultTests.Promises;
using SolidCache.Postgres.FaultTests.Servers;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.FaultTests.Deadlines;

/// <summary>Nobody knows whether a write took effect: cancelled under way, out of time, cut off. What is acknowledged after it stays.</summary>
public sealed class UnknownOutcomes : OneServer
{
    private const int Attempts = 240;
    private const int AtATime = 8;
    private const int LargeValueBytes = 2_000_000;
    private static readonly TimeSpan LongestCancellation = TimeSpan.FromMilliseconds(40);

    [Test, CancelAfter(60_000)]
    public async Task A_large_set_that_was_cancelled_under_way_does_not_come_back_after_a_remove([Values] bool coalescing, CancellationToken token)
    {
        var node = await StartNodeAsync(options => options.Coalescing = coalescing);
        var value = RandomNumberGenerator.GetBytes(LargeValueBytes);
        var cancelled = 0;
        var back = 0;
        await Parallel.ForEachAsync(Enumerable.Range(0, Attempts), new ParallelOptions { MaxDegreeOfParallelism = AtATime, CancellationToken = token }, async (number, _) =>
        {
            var key = $"key:{number}";
            cancelled += await IsCancelledAsync(node.Cache, key, value, LongestCancellation * ((double)number / Attempts)) ? 1 : 0;
            await RemovedAsync(node.Cache, key);
            back += await node.Cache.ExistsAsync(key, CancellationToken.None) ? 1 : 0;
        });

        await UntilQuietAsync();
        await TestContext.Out.WriteLineAsync($"{cancelled} cancelled, {back} read after their remove, {await CountAsync("true")} there at the end");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(cancelled, Is.GreaterThan(Attempts / 10), "Some were cancelled.");
            Assert.That(back, Is.Zero);
            Assert.That(await CountAsync("true"), Is.Zero);
        }
    }

    [Test, CancelAfter(60_000)]
    public async Task A_large_set_that_was_cancelled_under_way_does_not_undo_a_later_set([Values] bool coalescing, CancellationToken token)
    {
        var node = await StartNodeAsync(options => options.Coalescing = coalescing);
        var value = RandomNumberGenerator.GetBytes(LargeValueBytes);
        await Parallel.ForEachAsync(Enumerable.Range(0, Attempts), new ParallelOptions { MaxDegreeOfParallelism = AtATime, CancellationToken = token }, async (number, _) =>
        {
            var key = $"key:{number}";
            await IsCancelledAsync(node.Cache, key, value, LongestCancellation * ((double)number / Attempts));
            await node.Cache.SetAsync(key, "later"u8.ToArray(), Forever, CancellationToken.None);
        });

        await UntilQuietAsync();
        Assert.That(await CountAsync("value <> 'later'"), Is.Zero);
    }

    [Test, CancelAfter(30_000)]
    public async Task A_set_that_the_network_delivers_late_does_not_undo_what_was_acknowledged_since(
        [Values] bool isRemoved, [Values] bool async, [Values] bool coalescing)
    {
        await using var proxy = new TcpProxy(Server.Port);
        var node = await StartNodeAsync(options => options.Coalescing = coalescing, Cluster.ConnectionStringOn(proxy.Port));
        var verbs = new Verbs(node.Cache, async);
        await verbs.SetAsync("key", "first"u8.ToArray());
        await verbs.RemoveAsync("key");

        var statement = proxy.HoldBack("late value"u8.ToArray());
        var late = Ended.OfAsync(() => verbs.SetAsync("key", "late value"u8.ToArray()));
        await statement.Arrived;
        proxy.CutOffHeld();
        var after = await DoneAsync(() => isRemoved ? verbs.RemoveAsync("key") : verbs.SetAsync("key", "after"u8.ToArray()));
        await DeliverAsync(statement);

        await TestContext.Out.WriteLineAsync($"late: {await late}; then: {after}");
        Assert.That(
            await Server.ScalarAsync<string>("SELECT coalesce((SELECT convert_from(value, 'UTF8') FROM solid_cache_entries), '-')"),
            Is.EqualTo(isRemoved ? "-" : "after"));
        AssertWithinLimit([await late, after]);
    }

    /// <summary>As a server in a container does that begins anew: the cache has known another process of that id.</summary>
    [Test, CancelAfter(60_000)]
    public async Task Nor_does_one_whose_process_has_an_id_that_was_given_out_before()
    {
        await using var proxy = new TcpProxy(Server.Port);
        var node = await StartNodeAsync(static options => options.WriteConnections = 1, Cluster.ConnectionStringOn(proxy.Port));
        await node.Cache.SetAsync("key", [1], Forever);
        await node.Cache.RemoveAsync("key");
        var (known, attempts) = (await Server.BackendPidsAsync(), 0);
        await Eventually.TrueAsync(
            async () =>
            {
                await Server.EndBackendsAsync();
                // Whatever begins next gets the number after this, threads included.
                await Superuser.NeedAsync("sh", "-c", $"echo {known[0] - 1 - (attempts++ % 12)} > /proc/sys/kernel/ns_last_pid");
                await Eventually.TrueAsync(async () => (await Ended.OfAsync(() => node.Cache.RemoveAsync("key"))).Error is null, "it has a connection again");
                return (await Server.BackendPidsAsync()).All(known.Contains);
            },
            "an id is given out again",
            TimeSpan.FromSeconds(30));

        var statement = proxy.HoldBack("late value"u8.ToArray());
        var late = Ended.OfAsync(() => node.Cache.SetAsync("key", "late value"u8.ToArray(), Forever));
        await statement.Arrived;
        proxy.CutOffHeld();
        await RemovedAsync(node.Cache, "key");
        await DeliverAsync(statement);

        await TestContext.Out.WriteLineAsync($"late: {await late}");
        Assert.That(await CountAsync("true"), Is.Zero);
    }

    [Test, CancelAfter(30_000)]
    public async Task A_remove_that_the_network_delivers_late_does_not_take_what_was_set_since([Values] bool async, [Values] bool coalescing)
    {
        await using var proxy = new TcpProxy(Server.Port);
        var node = await StartNodeAsync(options => options.Coalescing = coalescing, Cluster.ConnectionStringOn(proxy.Port));
        var verbs = new Verbs(node.Cache, async);
        await verbs.SetAsync("late key", "before"u8.ToArray());
        await verbs.RemoveAsync("another key");

        var statement = proxy.HoldBack("late key"u8.ToArray());
        var late = Ended.OfAsync(() => verbs.RemoveAsync("late key"));
        await statement.Arrived;
        proxy.CutOffHeld();
        var after = await DoneAsync(() => verbs.SetAsync("late key", "after"u8.ToArray()));
        await DeliverAsync(statement);

        await TestContext.Out.WriteLineAsync($"late: {await late}; then: {after}");
        Assert.That(await Server.ScalarAsync<string>("SELECT coalesce((SELECT convert_from(value, 'UTF8') FROM solid_cache_entries), '-')"), Is.EqualTo("after"));
        AssertWithinLimit([await late, after]);
    }

    /// <summary>An insert waits for that of another transaction, of which no row tells: what looked at its deadline before it waited comes late.</summary>
    [Test, CancelAfter(30_000)]
    public async Task A_set_that_waited_for_an_insert_which_was_undone_does_not_come_after_a_remove(
        [Values] bool async, [Values] bool coalescing, [Values] bool byAnotherNode)
    {
        var others = await StartNodeAsync();
        await others.Cache.SetAsync("another key", [1], Forever);
        // The limit ends at another moment of each attempt.
        foreach (var milliseconds in (int[])[1_070, 1_110, 1_150])
        {
            var node = await StartNodeAsync(options => (options.Coalescing, options.OperationTimeout) = (coalescing, TimeSpan.FromMilliseconds(milliseconds)));
            var verbs = new Verbs(node.Cache, async);
            await verbs.SetAsync("another key", [1]);
            await using var other = await OtherTransaction.InsertAsync(Server, "key");
            var set = await Ended.OfAsync(() => verbs.SetAsync("key", "late"u8.ToArray()));
            // It sees nothing that it could remove, unless it waits for what may still come.
            var remove = Ended.OfAsync(() => byAnotherNode ? others.Cache.RemoveAsync("key") : verbs.RemoveAsync("key"));
            await Task.WhenAny(remove, Task.Delay(TimeSpan.FromMilliseconds(50)));
            await other.RollBackAsync();

            await TestContext.Out.WriteLineAsync($"set: {set}; remove: {await remove}");
            if ((await remove).Error is not null)
            {
                await RemovedAsync(node.Cache, "key");
            }

            await UntilQuietAsync();
            Assert.That(await CountAsync("key = 'key'"), Is.Zero, $"limit of {milliseconds} ms");
            Assert.That(set.Error, Is.InstanceOf<TimeoutException>());
            AssertWithinLimit([set, await remove]);
        }
    }

    [Test, CancelAfter(30_000)]
    public async Task A_set_that_was_cancelled_while_it_waited_for_an_insert_does_not_come_after_a_remove([Values] bool async, [Values] bool coalescing)
    {
        var node = await StartNodeAsync(options => options.Coalescing = coalescing);
        var verbs = new Verbs(node.Cache, async);
        await verbs.SetAsync("another key", [1]);
        await using var other = await OtherTransaction.InsertAsync(Server, "key");
        using var cancellation = new CancellationTokenSource();
        var set = node.Cache.SetAsync("key", "late"u8.ToArray(), Forever, cancellation.Token);
        await Eventually.TrueAsync(SomebodyWaitsAsync, "the set waits for the insert");
        await cancellation.CancelAsync();
        var cancelled = await Ended.OfAsync(() => set);
        var remove = Ended.OfAsync(() => verbs.RemoveAsync("key"));
        await Task.WhenAny(remove, Task.Delay(TimeSpan.FromMilliseconds(100)));
        await other.RollBackAsync();

        await TestContext.Out.WriteLineAsync($"set: {cancelled}; remove: {await remove}");
        await UntilQuietAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(await CountAsync("key = 'key'"), Is.Zero);
            Assert.That(cancelled.Error, Is.InstanceOf<OperationCanceledException>());
            Assert.That(cancelled.After, Is.LessThan(AtOnce));
            AssertDoneAtOnce([await remove], "The server has said by then what became of the set.");
        }
    }

    /// <summary>A write that follows one of unknown outcome. It may wait until nothing can come any more; if it runs out of time meanwhile, it is asked for again.</summary>
    private static async Task<Ended> DoneAsync(Func<Task> write)
    {
        var first = await Ended.OfAsync(write);
        if (first.Error is not null)
        {
            await Eventually.TrueAsync(async () => (await Ended.OfAsync(write)).Error is null, "it is done");
        }

        return first;
    }

    private async Task DeliverAsync(HeldStatement statement)
    {
        statement.Deliver();
        // The server has come to it then, or it has ended that session.
        await Task.Delay(TimeSpan.FromMilliseconds(200));
        await UntilQuietAsync();
    }

    private static async Task<bool> IsCancelledAsync(ISolidCache cache, string key, byte[] value, TimeSpan after)
    {
        using var cancellation = new CancellationTokenSource();
        var set = cache.SetAsync(key, value, Forever, cancellation.Token);
        await Task.Delay(after, CancellationToken.None);
        await cancellation.CancelAsync();
        await set.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return set.IsCanceled;
    }

    /// <summary>As often as it takes: what came before may have used up the time of the first.</summary>
    private static Task RemovedAsync(ISolidCache cache, string key) =>
        Eventually.TrueAsync(async () => (await Ended.OfAsync(() => cache.RemoveAsync(key))).Error is null, "the key is removed");
}
