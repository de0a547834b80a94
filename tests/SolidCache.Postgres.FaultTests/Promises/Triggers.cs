using SolidCache.Postgres.FaultTests.Calls;

namespace SolidCache.Postgres.FaultTests.Promises;

/// <summary>Somebody has put a trigger on the table, which refuses some of its rows: whatever it says, that is the matter of those rows.</summary>
public sealed class Triggers : OneServer
{
    /// <summary>Of the class of the application's own, of values, of constraints, of what others do at the same time, of rights, of a full disk, of an end of the server.</summary>
    [Test, CancelAfter(30_000)]
    public async Task What_a_trigger_raises_for_one_row_fails_that_row_only(
        [Values("P0001", "22023", "23514", "40001", "40P01", "55P03", "42501", "25006", "0A000", "53100", "57014", "57P01", "58030", "08006")] string sqlState, [Values] bool coalescing)
    {
        var node = await StartNodeAsync(options => options.Coalescing = coalescing);
        await InsertAsync("removed:", 20);
        await node.Cache.SetAsync("another key", [1], Forever);
        await RaiseAsync("BEFORE INSERT OR UPDATE", "NEW.key = 'key:7'", sqlState);
        await RaiseAsync("BEFORE DELETE", "OLD.key = 'removed:7'", sqlState);

        var sets = Ended.OfAllAsync(KeysOf("key:", 20).Select(key => (Func<Task>)(() => node.Cache.SetAsync(key, [1], Forever))));
        var removes = Ended.OfAllAsync(KeysOf("removed:", 20).Select(key => (Func<Task>)(() => node.Cache.RemoveAsync(key))));
        var ends = (Sets: await sets, Removes: await removes);

        await TestContext.Out.WriteLineAsync($"set: {ends.Sets[7]}; remove: {ends.Removes[7]}; the longest of the others: {Others(ends.Sets).MaxBy(end => end.After)}");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Others(ends.Sets).Concat(Others(ends.Removes)).Where(end => end.Error is not null || end.After > Limit).Take(3), Is.Empty, "Nothing is wrong with the others.");
            Assert.That(ends.Sets[7].Error, Is.Not.Null);
            Assert.That(ends.Removes[7].Error, Is.Not.Null);
            AssertWithinLimit([ends.Sets[7], ends.Removes[7]]);
            Assert.That(await CountAsync("key LIKE 'key:%'"), Is.EqualTo(19));
            Assert.That(await CountAsync("key LIKE 'removed:%'"), Is.EqualTo(1));
            AssertNoOutage(node);
        }
    }

    [Test, CancelAfter(30_000)]
    public async Task A_row_that_a_trigger_refuses_for_good_opens_no_breaker([Values] bool async, [Values] bool coalescing)
    {
        var node = await StartNodeAsync(options => options.Coalescing = coalescing);
        var verbs = new Verbs(node.Cache, async);
        await InsertAsync("bad", 1);
        await RaiseAsync("BEFORE INSERT OR UPDATE OR DELETE", "coalesce(NEW.key, OLD.key) LIKE 'bad%'", "P0001");
        for (var time = 0; time < 12; time++)
        {
            Assert.That((await Ended.OfAsync(() => verbs.SetAsync("bad0", [1]))).Error?.Message, Does.Contain("P0001"));
            Assert.That((await Ended.OfAsync(() => verbs.RemoveAsync("bad0"))).Error?.Message, Does.Contain("P0001"));
        }

        AssertNoOutage(node);
        AssertDoneAtOnce([await Ended.OfAsync(() => verbs.SetAsync("good", [1]))], "It was never refused.");
    }

    /// <summary>The server says that it has deleted nothing, for as long as anybody asks.</summary>
    [Test, CancelAfter(40_000)]
    public async Task Where_a_trigger_keeps_rows_from_being_deleted_silently_every_call_ends([Values] bool async)
    {
        var node = await StartNodeAsync();
        await InsertAsync("kept:", 2_500);
        await Server.ExecuteAsync("INSERT INTO solid_cache_entries (expires_at, key, value) SELECT now() - interval '1 hour', 'kept expired:' || i, '' FROM generate_series(1, 2500) AS i");
        await Server.ExecuteAsync(
            """
            CREATE OR REPLACE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
            CREATE TRIGGER keep BEFORE DELETE ON solid_cache_entries FOR EACH ROW WHEN (OLD.key LIKE 'kept%') EXECUTE FUNCTION keep();
            """);
        await InsertAsync("other:", 10);

        var verbs = new Verbs(node.Cache, async);
        var ends = new[]
        {
            await Ended.OfAsync(() => verbs.RemoveAsync("kept:1")),
            await Ended.OfAsync(() => node.Cache.RemoveByPrefixAsync("kept:")),
            await Ended.OfAsync(() => node.Cache.RemoveByPatternAsync("kept:%5")),
            await Ended.OfAsync(() => node.Cache.RemoveExpiredAsync()),
            await Ended.OfAsync(() => verbs.RemoveAsync("other:1")),
            await Ended.OfAsync(() => node.Cache.RemoveByPrefixAsync("other:")),
        };

        await TestContext.Out.WriteLineAsync(string.Join('\n', ends.AsEnumerable()));
        using (Assert.EnterMultipleScope())
        {
            AssertWithinLimit(ends);
            Assert.That(ends.TakeLast(2).Select(end => end.Error), Is.All.Null, "And others are removed.");
            Assert.That(await CountAsync("key LIKE 'other:%'"), Is.Zero);
            AssertNoOutage(node);
        }
    }

    [Test, CancelAfter(30_000)]
    public async Task Where_a_trigger_refuses_to_delete_rows_removals_and_sweeps_say_so_and_others_go_on([Values] bool async)
    {
        var node = await StartNodeAsync();
        await InsertAsync("kept:", 40);
        await InsertAsync("other:", 40);
        await Server.ExecuteAsync("INSERT INTO solid_cache_entries (expires_at, key, value) VALUES (now() - interval '1 hour', 'kept expired', '')");
        await RaiseAsync("BEFORE DELETE", "OLD.key LIKE 'kept%'", "P0001");

        var verbs = new Verbs(node.Cache, async);
        for (var time = 0; time < 6; time++)
        {
            foreach (var refused in (Func<Task>[])[() => verbs.RemoveAsync("kept:1"), () => node.Cache.RemoveByPrefixAsync("kept:"), () => node.Cache.RemoveExpiredAsync()])
            {
                var end = await Ended.OfAsync(refused);
                Assert.That(end.Error?.Message, Does.Contain("P0001"));
                AssertWithinLimit([end]);
            }
        }

        AssertNoOutage(node);
        AssertDoneAtOnce(await Ended.OfAllAsync(KeysOf("other:", 40).Select(key => (Func<Task>)(() => verbs.RemoveAsync(key)))), "Others are removed.");
        Assert.That(await node.Cache.GetAsync("kept:1"), Is.Not.Null, "What was not removed is there.");
    }

    private static IEnumerable<Ended> Others(Ended[] ends) => ends.Where((_, number) => number != 7);

    private Task RaiseAsync(string when, string condition, string sqlState)
    {
        var name = $"refuse_{Guid.NewGuid():N}";
        return Server.ExecuteAsync(
            $"""
            CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
              IF {condition} THEN RAISE EXCEPTION 'Not this one.' USING ERRCODE = '{sqlState}'; END IF;
              IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
              RETURN NEW;
            END $$;
            CREATE TRIGGER {name} {when} ON solid_cache_entries FOR EACH ROW EXECUTE FUNCTION {name}();
            """);
    }
}
