using SolidCache.Postgres.FaultTests.Calls;
using SolidCache.Postgres.FaultTests.Servers;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.FaultTests.Promises;

/// <summary>A removal by prefix or pattern that meets a lock: it waits, and nobody waits for it.</summary>
public sealed class RangeRemovals : OneServer
{
    private const int Rows = 1_000;

    [TestCase("prefix", true)]
    [TestCase("prefix", false)]
    [TestCase("pattern", true)]
    [CancelAfter(30_000)]
    public async Task A_removal_that_meets_a_locked_row_keeps_no_other_rows_locked_meanwhile(string by, bool coalescing)
    {
        var node = await StartNodeAsync(options => options.Coalescing = coalescing);
        var otherNode = await StartNodeAsync(options => options.Coalescing = coalescing);
        await InsertAsync("doomed:", Rows);
        await otherNode.Cache.SetAsync("another key", [1], Forever);
        Task<long> removal;
        Ended[] sets;
        await using (var other = await OtherTransaction.LockRowsAsync(Server, $"key = 'doomed:{Rows - 1}'"))
        {
            removal = by == "prefix" ? node.Cache.RemoveByPrefixAsync("doomed:") : node.Cache.RemoveByPatternAsync("doomed:%");
            // If it does not wait on the server, it has done by then what it can do.
            await Ended.OfAsync(() => Eventually.TrueAsync(SomebodyWaitsAsync, "the removal has met the lock"), AtOnce);
            sets = await Task.WhenAll(KeysOf("doomed:", 50).Select(key => Ended.OfAsync(() => otherNode.Cache.SetAsync(key, [2], Forever))));
        }

        await TestContext.Out.WriteLineAsync($"sets of another node: {sets.MaxBy(call => call.After)}");
        var ended = await Ended.OfAsync(() => removal);
        await TestContext.Out.WriteLineAsync($"removal: {ended}");
        using (Assert.EnterMultipleScope())
        {
            AssertDoneAtOnce(sets, "The rows of these are not locked by others.");
            Assert.That(ended.Error, Is.Null.Or.InstanceOf<TimeoutException>());
            AssertNoOutage(node);
            AssertNoOutage(otherNode);
        }

        if (ended.Error is null)
        {
            Assert.That(await removal, Is.GreaterThanOrEqualTo(Rows - 50));
            Assert.That(await CountAsync("value = 'old'"), Is.Zero, "All that was there before is gone.");
        }
    }

    [Test, CancelAfter(40_000)]
    public async Task A_removal_by_prefix_that_is_the_first_call_after_an_outage_and_meets_a_lock_holds_up_no_writes([Values] bool coalescing)
    {
        await using var proxy = new TcpProxy(Server.Port);
        var node = await StartNodeAsync(options => options.Coalescing = coalescing, Cluster.ConnectionStringOn(proxy.Port));
        await InsertAsync("doomed:", 10);
        await node.Cache.SetAsync("key", [1], Forever);
        await using var other = await OtherTransaction.LockRowsAsync(Server, "key = 'doomed:3'");
        proxy.Traffic = Traffic.Refused;
        await Eventually.TrueAsync(
            async () => (await Ended.OfAsync(() => node.Cache.SetAsync("key", [1], Forever))).Error is SolidCacheException { IsTransient: true }
                || node.Logs.GetSnapshot().Any(record => record.Id.Name == "breaker_opened"),
            "the breaker is open");
        proxy.Traffic = Traffic.Normal;

        // The first that is not refused; unless no removal by prefix is ever the first.
        var removal = Task.FromResult(0L);
        await Ended.OfAsync(
            () => Eventually.TrueAsync(
                async () =>
                {
                    removal = node.Cache.RemoveByPrefixAsync("doomed:");
                    await Task.WhenAny(removal, Task.Delay(100));
                    return !removal.IsFaulted;
                },
                "a removal is under way"),
            TimeSpan.FromSeconds(4));
        Ended set = null!;
        var refused = await Ended.OfAsync(() => Eventually.TrueAsync(async () => (set = await Ended.OfAsync(() => node.Cache.SetAsync("key", [2], Forever))).Error is null, "a set"));

        await TestContext.Out.WriteLineAsync($"removal is {removal.Status}; sets were refused for {refused}, the last: {set}");
        await other.RollBackAsync();
        await ((Task)removal).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(refused.Error, Is.Null, "Writes go on.");
            Assert.That(refused.After, Is.LessThan(Limit + Ended.Grace));
        }
    }
}
