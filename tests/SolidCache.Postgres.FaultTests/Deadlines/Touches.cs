using SolidCache.Postgres.FaultTests.Calls;
using SolidCache.Postgres.FaultTests.Promises;
using SolidCache.Postgres.FaultTests.Servers;

namespace SolidCache.Postgres.FaultTests.Deadlines;

/// <summary>Touches of sliding expirations that are due and cannot be written: reads do not notice, nor do writes.</summary>
/// <remarks>With as many connections as a standby has by default: it may not have fewer.</remarks>
public sealed class Touches() : OneServer("synchronous_standby_names=*", "max_connections=100")
{
    private const int Due = 300;
    private Cluster _standby = null!;

    [OneTimeSetUp]
    public async Task StartStandbyAsync()
    {
        _standby = await Server.StartStandbyAsync();
        await Server.UntilSynchronousAsync();
    }

    [OneTimeTearDown]
    public ValueTask StopStandbyAsync() => _standby.DisposeAsync();

    [TearDown]
    public void Thaw() => _standby.Thaw();

    [Test, CancelAfter(40_000)]
    public async Task While_a_synchronous_standby_is_away_reads_and_relaxed_sets_go_on([Values] bool async, [Values] bool coalescing)
    {
        var node = await StartNodeAsync(options => options.Coalescing = coalescing);
        var verbs = new Verbs(node.Cache, async);
        await verbs.SetAsync("key", [1]);
        await verbs.RemoveAsync("another key");
        await verbs.GetAsync("key");
        await InsertDueAsync(count: 3);
        _standby.Freeze();

        var calls = new List<Ended>();
        // For longer than a touch can wait before it fails.
        for (var round = 0; round < 30; round++)
        {
            calls.AddRange(await Task.WhenAll(
            [
                .. KeysOf("due:", 3).Select(key => Ended.OfAsync(() => HitAsync(verbs, key))),
                Ended.OfAsync(() => HitAsync(verbs, "key")),
                Ended.OfAsync(() => verbs.SetAsync("key", [2])),
                Ended.OfAsync(() => verbs.SetAsync($"new:{round}", [2])),
            ]));
            await Task.Delay(Limit / 15);
        }

        await TestContext.Out.WriteLineAsync($"{calls.MaxBy(call => call.After)}");
        AssertDoneAtOnce(calls, "Nothing of this waits for a standby.");
        AssertNoOutage(node);
    }

    [Test, CancelAfter(40_000)]
    public async Task While_an_index_is_built_reads_go_on_and_writes_wait_for_it_only([Values] bool async, [Values] bool coalescing)
    {
        // No more than the touches that are due.
        var node = await StartNodeAsync(options => (options.Coalescing, options.MaxQueuedCalls, options.OperationTimeout) = (coalescing, 200, Limit * 2));
        var verbs = new Verbs(node.Cache, async);
        await verbs.SetAsync("key", [1]);
        await verbs.RemoveAsync("another key");
        await verbs.GetAsync("key");
        await InsertDueAsync(Due);
        await using var index = await OtherTransaction.StartAsync(Server, "LOCK TABLE solid_cache_entries IN SHARE MODE");

        var reads = new List<Ended>();
        foreach (var keys in KeysOf("due:", Due).Chunk(20))
        {
            reads.AddRange(await Task.WhenAll(keys.Select(key => Ended.OfAsync(() => HitAsync(verbs, key)))));
            Assert.That(reads.TrueForAll(call => call.After < Limit), Is.True, "No read waits for the index.");
        }

        await TestContext.Out.WriteLineAsync($"{reads.MaxBy(call => call.After)}");
        AssertDoneAtOnce(reads, "No read waits for the index.");

        var writes = KeysOf("key:", 5).SelectMany(key => (Task<Ended>[])[Ended.OfAsync(() => verbs.RemoveAsync(key)), Ended.OfAsync(() => verbs.SetAsync(key, [1]))]).ToList();
        await Task.Delay(AtOnce);
        Assert.That(writes.Where(write => write.IsCompleted).Select(write => write.Result), Is.Empty, "They wait, and are not refused.");
        await index.RollBackAsync();
        Assert.That((await Task.WhenAll(writes)).Select(write => write.Error), Is.All.Null);
        AssertNoOutage(node);
    }

    private static async Task HitAsync(Verbs verbs, string key) => Assert.That(await verbs.GetAsync(key), Is.Not.Null);
}
