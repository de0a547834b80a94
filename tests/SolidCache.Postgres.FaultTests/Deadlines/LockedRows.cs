using System.Diagnostics;
using SolidCache.Postgres.FaultTests.Calls;
using SolidCache.Postgres.FaultTests.Promises;
using SolidCache.Postgres.FaultTests.Servers;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.FaultTests.Deadlines;

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

    /// <summary>Nobody sees them, so that there is nothing to leave out: only a wait for each of them tells.</summary>
    [Test, CancelAfter(30_000)]
    public async Task Free_keys_are_written_among_hundreds_that_another_transaction_inserts([Values] bool coalescing)
    {
        const int Inserted = 400;
        const int More = 20;
        var bound = TimeSpan.FromSeconds(4);
        var node = await StartNodeAsync(options => (options.Coalescing, options.OperationTimeout) = (coalescing, TimeSpan.FromSeconds(5)));
        var verbs = new Verbs(node.Cache, async: true);
        await verbs.SetAsync("free:0", [1]);
        await using var other = await OtherTransaction.StartAsync(
            Server, $"INSERT INTO solid_cache_entries (expires_at, key, value) SELECT 'infinity', 'inserted:' || i, '' FROM generate_series(0, {Inserted + More - 1}) AS i");

        var waiting = KeysOf("inserted:", Inserted).Select(key => Ended.OfAsync(() => verbs.SetAsync(key, [2]))).ToList();
        var free = await Ended.OfAllAsync(KeysOf("free:", 40).Select(key => (Func<Task>)(() => verbs.SetAsync(key, [2]))));
        // Those that come while it is looked which are free, and are in one batch with such as are not.
        var later = KeysOf("inserted:", Inserted + More)[Inserted..].Zip(KeysOf("later:", More), static (one, other) => new[] { one, other }).SelectMany(static pair => pair)
            .Select(key => (Key: key, Ended: Ended.OfAsync(() => verbs.SetAsync(key, [2])))).ToList();
        var then = await Task.WhenAll(later.Where(call => call.Key.StartsWith("later", StringComparison.Ordinal)).Select(call => call.Ended));
        await other.RollBackAsync();
        var inserted = await Task.WhenAll(waiting.Concat(later.Select(call => call.Ended)));

        await TestContext.Out.WriteLineAsync($"free: {free.MaxBy(call => call.After)}; later: {then.MaxBy(call => call.After)}; inserted: {inserted.MaxBy(call => call.After)}");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(free.Where(call => call.Error is not null || call.After > bound).Take(5), Is.Empty, "Other keys have little to wait for.");
            Assert.That(then.Where(call => call.Error is not null || call.After > bound / 2).Take(5), Is.Empty, "Those that come later have less.");
            Assert.That(inserted.Where(call => call.Error is not null).Take(5), Is.Empty, "They are written when the other has gone.");
            AssertNoOutage(node);
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
        await MeetTheLockAsync(locked);
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
        await MeetTheLockAsync(locked);
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

    /// <summary>Their answers say that the server lives, and nothing of whether it would write.</summary>
    [Test, CancelAfter(30_000)]
    public async Task An_outage_is_seen_among_locked_rows([Values] bool async, [Values] bool coalescing)
    {
        var node = await StartNodeAsync(options => options.Coalescing = coalescing);
        var verbs = new Verbs(node.Cache, async);
        await InsertAsync("locked:", 30);
        await verbs.SetAsync("free", [1]);
        await Server.ExecuteAsync(
            """
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION USING ERRCODE = ''58030''; END';
            CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON solid_cache_entries FOR EACH ROW WHEN (NEW.key LIKE 'free%') EXECUTE FUNCTION refuse();
            """);
        try
        {
            await using var other = await OtherTransaction.LockRowsAsync(Server, "key LIKE 'locked:%'");
            var (failed, waiting) = (0, new List<Task<Ended>>());
            for (; failed < 12 && !node.Logs.GetSnapshot().Any(record => record.Id.Name == "breaker_opened"); failed++)
            {
                waiting.Add(Ended.OfAsync(() => verbs.SetAsync($"locked:{failed}", [2])));
                // Its batch has met the lock by then, and has waited for it.
                await Task.Delay(TimeSpan.FromMilliseconds(150));
                Assert.That((await Ended.OfAsync(() => verbs.SetAsync($"free:{failed}", [2]))).Error, Is.Not.Null);
            }

            await TestContext.Out.WriteLineAsync($"After {failed} sets that failed.");
            Assert.That(failed, Is.LessThan(8), "Five in a row, and a few for what is logged behind.");
            AssertWithinLimit(await Task.WhenAll(waiting));
        }
        finally
        {
            await Server.ExecuteAsync("DROP FUNCTION refuse CASCADE");
        }
    }

    /// <summary>Each wait is short, so that a busy machine may see none; but all sets are under way.</summary>
    private async Task MeetTheLockAsync(IEnumerable<Task<Ended>> sets)
    {
        await Ended.OfAsync(() => Eventually.TrueAsync(SomebodyWaitsAsync, "a set has met the lock"), AtOnce);
        Assert.That(sets.Select(static set => set.IsCompleted), Has.All.False);
    }
}
