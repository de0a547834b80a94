using System.Diagnostics;
using SolidCache.Postgres.FaultTests.Calls;
using SolidCache.Postgres.FaultTests.Servers;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.FaultTests.Promises;

/// <summary>Another transaction has rows locked. That is the matter of the calls of those rows, and of nobody else.</summary>
public sealed class LockedRows : OneServer
{
    private const int LargeValueBytes = 300_000;

    [Test, CancelAfter(30_000)]
    public async Task Rows_that_others_have_locked_hold_up_only_their_own_keys([Values] bool async, [Values] bool coalescing)
    {
        var node = await StartNodeAsync(options => options.Coalescing = coalescing);
        var verbs = new Verbs(node.Cache, async);
        await InsertAsync("locked:", 250);
        await verbs.SetAsync("free:0", [1]);
        await using var other = await OtherTransaction.LockRowsAsync(Server, "key LIKE 'locked:%'");

        // The locked ones first, so that the others are in the same batches, or behind them.
        var calls = KeysOf("locked:", 250).Concat(KeysOf("free:", 40))
            .Select(key => (Key: key, Ended: Ended.OfAsync(() => key.EndsWith('0') ? verbs.RemoveAsync(key) : verbs.SetAsync(key, [2]))))
            .ToList();
        var free = await Task.WhenAll(calls.Where(call => call.Key.StartsWith("free", StringComparison.Ordinal)).Select(call => call.Ended));
        var locked = await Task.WhenAll(calls.Where(call => call.Key.StartsWith("locked", StringComparison.Ordinal)).Select(call => call.Ended));

        await TestContext.Out.WriteLineAsync($"free: {free.MaxBy(call => call.After)}; locked: {locked.MaxBy(call => call.After)}");
        using (Assert.EnterMultipleScope())
        {
            AssertDoneAtOnce(free, "Other keys have nothing to wait for.");
            Assert.That(locked.Select(call => call.Error), Is.All.InstanceOf<TimeoutException>());
            AssertWithinLimit(locked);
            AssertNoOutage(node);
            AssertDoneAtOnce([await Ended.OfAsync(() => verbs.SetAsync("free:1", [3]))], "And after them neither.");
        }
    }

    [Test, CancelAfter(30_000)]
    public async Task A_row_that_is_freed_among_many_that_are_not_is_written_at_once([Values] bool async, [Values] bool coalescing)
    {
        var node = await StartNodeAsync(options => (options.Coalescing, options.OperationTimeout) = (coalescing, Limit * 2));
        var verbs = new Verbs(node.Cache, async);
        await InsertAsync("locked:", 40);
        await verbs.SetAsync("another key", [1]);
        await using var others = await OtherTransaction.LockRowsAsync(Server, "key LIKE 'locked:%' AND key <> 'locked:33'");
        await using var one = await OtherTransaction.LockRowsAsync(Server, "key = 'locked:33'");

        var calls = KeysOf("locked:", 40).Select(key => (Key: key, Ended: Ended.OfAsync(() => verbs.SetAsync(key, [2])))).ToList();
        var freed = calls.Single(call => call.Key == "locked:33").Ended;
        await Task.Delay(TimeSpan.FromSeconds(1));
        Assert.That(freed.IsCompleted, Is.False);
        await one.RollBackAsync();
        var waited = Stopwatch.GetTimestamp();
        Assert.That((await freed).Error, Is.Null);
        var after = Stopwatch.GetElapsedTime(waited);

        await TestContext.Out.WriteLineAsync($"{after.TotalSeconds:0.00} s after its row was free");
        Assert.That(after, Is.LessThan(AtOnce));
        var still = await Task.WhenAll(calls.Where(call => call.Ended != freed).Select(call => call.Ended));
        Assert.That(still.Select(call => call.Error), Is.All.InstanceOf<TimeoutException>());
        Assert.That(still.Max(call => call.After), Is.LessThan((Limit * 2) + Ended.Grace));
        AssertNoOutage(node);
    }

    [Test, CancelAfter(30_000)]
    public async Task A_large_value_of_a_locked_row_holds_up_no_other_large_value([Values] bool async, [Values] bool coalescing)
    {
        var node = await StartNodeAsync(options => options.Coalescing = coalescing);
        var verbs = new Verbs(node.Cache, async);
        await InsertAsync("locked:", 4);
        await verbs.SetAsync("free", [1]);
        await using var other = await OtherTransaction.LockRowsAsync(Server, "key LIKE 'locked:%'");

        var locked = KeysOf("locked:", 4).Select(key => Ended.OfAsync(() => verbs.SetAsync(key, new byte[LargeValueBytes]))).ToList();
        await Eventually.TrueAsync(SomebodyWaitsAsync, "a set has met the lock");
        var free = await Ended.OfAsync(() => verbs.SetAsync("free", new byte[LargeValueBytes]));

        await TestContext.Out.WriteLineAsync($"{free}");
        AssertDoneAtOnce([free], "Its row is free.");
        AssertWithinLimit(await Task.WhenAll(locked));
    }

    [Test, CancelAfter(30_000)]
    public async Task A_removal_by_prefix_does_not_wait_for_writes_of_other_keys_whose_rows_are_locked([Values] bool async, [Values] bool coalescing)
    {
        var node = await StartNodeAsync(options => options.Coalescing = coalescing);
        var verbs = new Verbs(node.Cache, async);
        await InsertAsync("locked:", 40);
        await InsertAsync("doomed:", 40);
        await using var other = await OtherTransaction.LockRowsAsync(Server, "key LIKE 'locked:%'");

        var locked = KeysOf("locked:", 40).Select(key => Ended.OfAsync(() => verbs.SetAsync(key, [2]))).ToList();
        await Eventually.TrueAsync(SomebodyWaitsAsync, "a set has met the lock");
        var removal = await Ended.OfAsync(() => node.Cache.RemoveByPrefixAsync("doomed:"));

        await TestContext.Out.WriteLineAsync($"{removal}");
        AssertDoneAtOnce([removal], "Its rows are free.");
        Assert.That(await CountAsync("key LIKE 'doomed:%'"), Is.Zero);
        AssertWithinLimit(await Task.WhenAll(locked));
    }

    /// <summary>Alone, so that nobody else is served meanwhile, which could be taken for an outage.</summary>
    [Test, CancelAfter(30_000)]
    public async Task A_row_that_is_locked_for_longer_than_the_limit_is_no_outage([Values] bool async, [Values] bool coalescing)
    {
        var node = await StartNodeAsync(options => options.Coalescing = coalescing);
        var verbs = new Verbs(node.Cache, async);
        await InsertAsync("locked:", 8);
        await verbs.SetAsync("free", [1]);
        await using var other = await OtherTransaction.LockRowsAsync(Server, "key LIKE 'locked:%'");

        var locked = await Ended.OfAsync(() => verbs.SetAsync("locked:0", [2]));
        var free = await Ended.OfAsync(() => verbs.SetAsync("free", [2]));
        var several = await Task.WhenAll(KeysOf("locked:", 8).Select(key => Ended.OfAsync(() => verbs.RemoveAsync(key))));
        var freeAgain = await Ended.OfAsync(() => verbs.RemoveAsync("free"));

        await TestContext.Out.WriteLineAsync($"locked: {locked}; free: {free}; several: {several[0]}; free: {freeAgain}");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(several.Prepend(locked).Select(call => call.Error), Is.All.InstanceOf<TimeoutException>());
            AssertWithinLimit([locked, .. several]);
            AssertDoneAtOnce([free, freeAgain], "Other keys are served.");
            AssertNoOutage(node);
        }
    }
}
