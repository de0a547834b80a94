using SolidCache.Postgres.FaultTests.Calls;
using SolidCache.Postgres.FaultTests.Servers;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.FaultTests.Promises;

/// <summary>A full disk opens the breaker of writes for sets; that removals pass it is no reason for them to wait for a server that hangs.</summary>
public sealed class Breakers
{
    private const int DiskMegabytes = 48;
    private const int LargeValueBytes = 8_000;
    private const int Removals = 12;

    /// <summary>Those that may pay for finding out: a breaker opens after five failures.</summary>
    private const int MayWait = 5;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    [TestCase(true, true)]
    [TestCase(true, false)]
    [TestCase(false, true)]
    public async Task Removals_are_refused_when_a_server_whose_disk_is_full_hangs(bool coalescing, bool async)
    {
        await using var disk = await SmallDisk.MountAsync(DiskMegabytes);
        await using var cluster = await Cluster.StartNewAsync();
        await cluster.ExecuteAsync($"CREATE TABLESPACE small LOCATION '{disk.Folder}'");
        await cluster.ExecuteAsync("ALTER ROLE postgres SET default_tablespace = small");
        await using var node = await CacheHost.StartAsync(
            cluster.ConnectionString, options => (options.Coalescing, options.OperationTimeout) = (coalescing, Limit));
        var cache = node.Cache;
        await cache.SetAsync("first", [1], new());
        disk.Fill();
        var value = new byte[LargeValueBytes];
        new Random(1).NextBytes(value);
        await Eventually.TrueAsync(
            async () => (await Ended.OfAsync(() => cache.SetAsync($"key:{Guid.NewGuid()}", value, new()))).Error is SolidCacheException { IsTransient: true },
            "sets are refused");
        await cache.RemoveAsync("first");

        cluster.Freeze();
        var ends = new List<Ended>();
        for (var removal = 0; removal < Removals; removal++)
        {
            ends.Add(await Ended.OfAsync(() => async ? cache.RemoveAsync("first") : Verb.OnAThread(() => cache.Remove("first"))));
        }

        var many = await Ended.OfAsync(() => cache.RemoveByPrefixAsync("first"));
        await TestContext.Out.WriteLineAsync(string.Join('\n', [.. ends, many]));
        cluster.Thaw();
        disk.Free();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(ends, Has.All.Property(nameof(Ended.Error)).Not.Null);
            Assert.That(ends.Take(MayWait).Select(end => end.After), Is.All.LessThan(Limit + TimeSpan.FromSeconds(1)));
            foreach (var end in (Ended[])[.. ends.Skip(MayWait), many])
            {
                Assert.That(end.Error, Is.TypeOf<SolidCacheException>().With.Property(nameof(SolidCacheException.IsTransient)).True);
                Assert.That(end.After, Is.LessThan(Limit / 2), "It is refused, and does not wait.");
            }
        }

        await Eventually.TrueAsync(async () => (await Ended.OfAsync(() => cache.RemoveAsync("first"))).Error is null, "removals pass again");
        await Eventually.TrueAsync(async () => (await Ended.OfAsync(() => cache.SetAsync("first", value, new()))).Error is null, "sets pass again");
    }
}
