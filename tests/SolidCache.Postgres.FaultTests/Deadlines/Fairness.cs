using SolidCache.Postgres.FaultTests.Calls;
using SolidCache.Postgres.FaultTests.Promises;

namespace SolidCache.Postgres.FaultTests.Deadlines;

/// <summary>Many small calls and a few that are not: everybody's turn comes.</summary>
public sealed class Fairness : OneServer
{
    private const int Writers = 400;
    private const int LargeValueBytes = 300_000;

    [Test, CancelAfter(40_000)]
    public async Task A_large_set_among_many_small_ones_is_served([Values] bool async, [Values] bool coalescing)
    {
        var node = await StartNodeAsync(options => (options.Coalescing, options.OperationTimeout) = (coalescing, Limit * 2));
        var verbs = new Verbs(node.Cache, async);
        await verbs.SetAsync("large", new byte[LargeValueBytes]);
        using var stopping = new CancellationTokenSource();
        var writers = Task.WhenAll(Enumerable.Range(0, Writers).Select(number => WriteAsync(node.Cache, $"small:{number}", stopping.Token)));
        await Task.Delay(Limit / 4);

        var large = new List<Ended>();
        for (var time = 0; time < 3; time++)
        {
            large.Add(await Ended.OfAsync(() => verbs.SetAsync("large", new byte[LargeValueBytes])));
            large.Add(await Ended.OfAsync(() => verbs.GetAsync("large")));
            large.Add(await Ended.OfAsync(() => node.Cache.RemoveByPrefixAsync("nobody's")));
        }

        await stopping.CancelAsync();
        var small = (await writers).SelectMany(static calls => calls).ToList();
        await TestContext.Out.WriteLineAsync($"{small.Count} small sets, {small.MaxBy(call => call.After)}; large: {string.Join(", ", large)}");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(large.Select(call => call.Error), Is.All.Null);
            Assert.That(small.Select(call => call.Error), Is.All.Null);
            AssertNoOutage(node);
        }
    }

    [Test, CancelAfter(40_000)]
    public async Task Small_calls_among_many_large_ones_are_served([Values] bool coalescing)
    {
        var node = await StartNodeAsync(options => (options.Coalescing, options.OperationTimeout) = (coalescing, Limit * 2));
        await node.Cache.SetAsync("small", [1], Forever);
        using var stopping = new CancellationTokenSource();
        var writers = Task.WhenAll(Enumerable.Range(0, 20).Select(number => WriteAsync(node.Cache, $"large:{number}", stopping.Token, LargeValueBytes)));
        await Task.Delay(Limit / 4);

        var small = new List<Ended>();
        for (var time = 0; time < 20; time++)
        {
            small.Add(await Ended.OfAsync(() => node.Cache.SetAsync("small", [1], Forever)));
            small.Add(await Ended.OfAsync(() => node.Cache.GetAsync("small")));
        }

        await stopping.CancelAsync();
        await writers;
        await TestContext.Out.WriteLineAsync($"{small.MaxBy(call => call.After)}");
        Assert.That(small.Select(call => call.Error), Is.All.Null);
    }

    private static async Task<List<Ended>> WriteAsync(ISolidCache cache, string key, CancellationToken stopping, int bytes = 100)
    {
        var calls = new List<Ended>();
        while (!stopping.IsCancellationRequested)
        {
            calls.Add(await Ended.OfAsync(() => cache.SetAsync(key, new byte[bytes], Forever, CancellationToken.None)));
        }

        return calls;
    }
}
