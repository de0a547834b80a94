using System.Collections.Concurrent;
using System.Text;
using SolidCache.Postgres.FaultTests.Calls;
using SolidCache.Postgres.FaultTests.Servers;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.FaultTests.Promises;

/// <summary>In <see cref="SolidCacheFailureMode.Degrade"/> what was dropped is older than what was stored since, however late anybody hears of it.</summary>
[Category("Long")]
public sealed class DroppedSets : OneServer
{
    private readonly ConcurrentQueue<SolidCacheDegradation> _told = new();

    [SetUp]
    public void Forget() => _told.Clear();

    /// <summary>It hangs under way until its time is up, and another is stored meanwhile: by another node, or by the same when the first is over.</summary>
    [Test, CancelAfter(40_000)]
    public async Task A_set_that_is_dropped_late_takes_nothing_that_was_stored_since_it_began([Values] bool byAnotherNode, [Values] bool async, [Values] bool coalescing)
    {
        await using var proxy = new TcpProxy(Server.Port);
        var node = await StartDegradingAsync(Cluster.ConnectionStringOn(proxy.Port), coalescing);
        var verbs = new Verbs(node.Cache, async);
        var other = byAnotherNode ? new Verbs((await StartNodeAsync()).Cache, async) : verbs;
        var key = $"key:{Guid.NewGuid()}";
        await verbs.SetAsync(key, "old"u8.ToArray());
        await Task.WhenAll(KeysOf("another:", 8).Select(key => verbs.SetAsync(key, [1])));

        using var stopping = new CancellationTokenSource();
        var statement = proxy.HoldBack(Encoding.UTF8.GetBytes(key));
        var dropped = Ended.OfAsync(() => verbs.SetAsync(key, "dropped"u8.ToArray()));
        await statement.Arrived.WaitAsync(Limit);
        // Others are served meanwhile: it is no outage, but for that one.
        var others = KeepSettingAsync(verbs, stopping.Token);
        await Task.Delay(Limit / 2);
        var newer = await Ended.OfAsync(() => other.SetAsync(key, "newer"u8.ToArray()));
        Assert.That((await dropped).Error, Is.Null, "It is dropped.");
        statement.Deliver();
        await Task.Delay(TimeSpan.FromSeconds(2));
        await stopping.CancelAsync();
        await others;

        await TestContext.Out.WriteLineAsync($"dropped: {await dropped}; newer: {newer}; told: {string.Join(", ", _told.Select(one => one.Operation))}");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(_told.Count(one => one.Operation == "set"), Is.EqualTo(1), "The first, and no other.");
            Assert.That(newer.Error, Is.Null);
            Assert.That(await CountAsync("value = 'newer'"), Is.EqualTo(1), "What was acknowledged is there.");
            Assert.That(await verbs.GetAsync(key), Is.EqualTo("newer"u8.ToArray()), "And is read.");
        }
    }

    /// <summary>Of many sets most wait behind those that find out that the disk is full.</summary>
    [Test, CancelAfter(40_000)]
    public async Task Sets_that_wait_when_the_disk_turns_out_to_be_full_are_dropped_like_those_under_way([Values] bool async, [Values] bool coalescing)
    {
        const int Keys = 400;
        var node = await StartDegradingAsync(Server.ConnectionString, coalescing);
        var verbs = new Verbs(node.Cache, async);
        await InsertAsync("key:", Keys);
        await InsertAsync("another:", Keys);
        await verbs.SetAsync("first", [1]);
        // Well before any set begins, as the server's clock is seen from here; then a disk that is full, and slow enough that others wait.
        await Task.Delay(TimeSpan.FromSeconds(1));
        await Server.ExecuteAsync(
            """
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.02); COPY (SELECT 1) TO '/dev/full'; RETURN NEW; END $$;
            CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON solid_cache_entries FOR EACH ROW EXECUTE FUNCTION refuse();
            """);
        Ended[] ends;
        try
        {
            // Each twice, so that some wait behind another of their key.
            var keys = KeysOf("key:", Keys);
            ends = await Ended.OfAllAsync(keys.Concat(keys).Select(key => (Func<Task>)(() => verbs.SetAsync(key, "dropped"u8.ToArray()))));
        }
        finally
        {
            await Server.ExecuteAsync("DROP FUNCTION refuse CASCADE");
        }

        var dropped = _told.Count;
        await Eventually.TrueAsync(
            async () =>
            {
                await verbs.SetAsync("first", [2]);
                return await CountAsync("key = 'first' AND value = '\\x02'") == 1;
            },
            "sets are stored again");
        _told.Clear();
        await Task.WhenAll(KeysOf("key:", Keys / 2).Select(key => verbs.SetAsync(key, "newer"u8.ToArray())));
        await Eventually.TrueAsync(async () => await CountAsync("key LIKE 'key:%' AND value = 'old'") == 0, "what is stale is removed");
        await Task.Delay(TimeSpan.FromSeconds(1));

        await TestContext.Out.WriteLineAsync($"{dropped} dropped, then {string.Join(", ", _told.Select(one => $"{one.Operation}: {one.Error.Message}"))}; {ends.MaxBy(end => end.After)}");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(ends.Where(end => end.Error is not null).Take(3), Is.Empty, "Whoever waits is no worse off than who was sent.");
            Assert.That(dropped, Is.EqualTo(2 * Keys), "Each is told of.");
            Assert.That(_told, Has.Count.LessThan(Keys / 20), () => string.Join('\n', _told.Select(one => $"{one.Operation}: {one.Error.Message}")));
            Assert.That(await CountAsync("value = 'newer'"), Is.EqualTo((Keys / 2) - _told.Count), "What was stored since stays.");
            Assert.That(await CountAsync("key LIKE 'another:%'"), Is.EqualTo(Keys), "And what nobody has set.");
            Assert.That(await verbs.GetAsync($"key:{Keys - 1}"), Is.Null);
        }
    }

    private static async Task KeepSettingAsync(Verbs verbs, CancellationToken stopping)
    {
        for (var number = 0; !stopping.IsCancellationRequested; number++)
        {
            await verbs.SetAsync($"another:{number % 8}", [1]);
            await Task.Delay(TimeSpan.FromMilliseconds(20), CancellationToken.None);
        }
    }

    private Task<CacheHost> StartDegradingAsync(string connectionString, bool coalescing) => StartNodeAsync(
        options => (options.Coalescing, options.FailureMode, options.OnDegraded) = (coalescing, SolidCacheFailureMode.Degrade, _told.Enqueue), connectionString);
}
