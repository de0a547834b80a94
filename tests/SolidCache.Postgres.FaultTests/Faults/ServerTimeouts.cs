using SolidCache.Postgres.FaultTests.Calls;
using SolidCache.Postgres.FaultTests.Servers;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.FaultTests.Faults;

/// <summary>A server that ends what takes, or rests, longer than a second.</summary>
public sealed class ServerTimeouts
{
    private static readonly string[] Settings = ["statement_timeout=1s", "idle_session_timeout=1s", "idle_in_transaction_session_timeout=1s", "lock_timeout=1s"];

    [Test]
    public async Task Nobody_notices_that_idle_sessions_were_ended([Values] bool coalescing)
    {
        await using var cluster = await Cluster.StartNewAsync(Settings);
        await using var node = await CacheHost.StartAsync(cluster.ConnectionString, options => options.Coalescing = coalescing);
        await node.Cache.SetAsync("key", [1], new());
        await RestAsync();
        Assert.That(await node.Cache.GetAsync("key"), Is.EqualTo((byte[])[1]));
        await RestAsync();
        await node.Cache.RemoveAsync("key");
        await RestAsync();
        await node.Cache.SetAsync("key", [1], new());
    }

    [Test]
    [Category("Long")]
    public async Task A_busy_cache_does_not_come_near_them()
    {
        await using var cluster = await Cluster.StartNewAsync(Settings);
        var result = await Load.ThroughAsync(cluster.ConnectionString, _ => Task.Delay(TimeSpan.FromSeconds(3)));

        Assert.That(result.Errors.Take(5), Is.Empty);
        await FaultReport.AssertAsync("server time-outs of 1 s", result);
    }

    /// <summary>Longer than the server lets a session rest.</summary>
    private static Task RestAsync() => Task.Delay(TimeSpan.FromSeconds(1.5));
}
