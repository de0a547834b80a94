using System.Text;
using SolidCache.Postgres.FaultTests.Calls;
using SolidCache.Postgres.FaultTests.Servers;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.FaultTests.Promises;

/// <summary>What time it is at the server, a cache learns by asking on each new connection. The answer may have been on its way for long.</summary>
[Category("Long")]
public sealed class Clocks : OneServer
{
    private static readonly byte[] Question = "solid_cache:pooler"u8.ToArray();
    private static readonly TimeSpan Late = TimeSpan.FromSeconds(2);

    /// <summary>More than twice as long, so that the set which waits for the answer is stored with it.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(10);

    [Test, CancelAfter(30_000)]
    public async Task A_late_answer_of_the_clock_shortens_no_life_and_refuses_no_write([Values] bool async, [Values] bool coalescing)
    {
        await using var proxy = new TcpProxy(Server.Port);
        await using var node = CacheHost.Build(
            Cluster.ConnectionStringOn(proxy.Port), options => (options.Coalescing, options.OperationTimeout, options.WriteConnections) = (coalescing, Patience, 1));
        var verbs = new Verbs(node.Cache, async);
        // The first connection, and the only one, is answered late; what it is told is believed for a minute.
        var answer = proxy.HoldBackAnswer(Question);
        var first = Ended.OfAsync(() => verbs.SetAsync("first", [1], new() { AbsoluteExpirationRelativeToNow = Life }));
        await answer.Arrived.WaitAsync(Limit);
        await Task.Delay(Late);
        answer.Deliver();
        Assert.That((await first).Error, Is.Null);

        for (var number = 0; number < 20; number++)
        {
            AssertDoneAtOnce([await Ended.OfAsync(() => verbs.SetAsync($"key:{number}", [1], new() { AbsoluteExpirationRelativeToNow = Life }))], "None is late.");
        }

        // Longer under way than the rest of its time would be, if the answer had been taken for fresh.
        var marker = $"slow:{Guid.NewGuid()}";
        var statement = proxy.HoldBack(Encoding.UTF8.GetBytes(marker));
        var slow = Ended.OfAsync(() => verbs.SetAsync(marker, [1]));
        await statement.Arrived.WaitAsync(Limit);
        await Task.Delay(Patience - Late + TimeSpan.FromSeconds(0.5));
        statement.Deliver();

        var shortest = await Server.ScalarAsync<double>(
            "SELECT min(extract(epoch FROM absolute_expiration - created_at))::float8 FROM solid_cache_entries WHERE key LIKE 'key:%'");
        await TestContext.Out.WriteLineAsync($"The shortest life is {shortest:0.00} s; a slow set: {await slow}");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(shortest, Is.InRange(Life.TotalSeconds - 0.5, Life.TotalSeconds + 0.1));
            Assert.That((await slow).Error, Is.Null, "Its time was not over.");
            AssertNoOutage(node);
        }
    }
}
