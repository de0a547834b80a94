using System.Diagnostics;
using Npgsql;
using SolidCache.Postgres.FaultTests.Calls;
using SolidCache.Postgres.FaultTests.Servers;
using SolidCache.Postgres.Histories;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.FaultTests.Faults;

/// <summary>The disk of the tables is full, and gets room again. That of the write-ahead log is another one: without it the whole server stops.</summary>
public sealed class FullDisk
{
    private const int DiskMegabytes = 64;

    /// <summary>More than a page has room for, so that each overwrite takes new ones: only vacuum frees those of the old value.</summary>
    private const int LargeValueBytes = 8_000;

    private static readonly TimeSpan FullFor = TimeSpan.FromSeconds(5);

    [Test]
    public async Task Sets_fail_and_reads_go_on()
    {
        await using var disk = await SmallDisk.MountAsync(DiskMegabytes);
        await using var cluster = await Cluster.StartNewAsync();
        await cluster.ExecuteAsync($"CREATE TABLESPACE small LOCATION '{disk.Folder}'");
        await cluster.ExecuteAsync("ALTER ROLE postgres SET default_tablespace = small");
        var (full, free) = (0L, 0L);
        var result = await Load.ThroughAsync(
            cluster.ConnectionString,
            async _ =>
            {
                await using var alone = await CacheHost.StartAsync(cluster.ConnectionString, options => options.Coalescing = false);
                await alone.Cache.SetAsync("alone", [1], new());
                disk.Fill();
                full = Stopwatch.GetTimestamp();
                await RemovesAsync(alone.Cache);
                await Task.Delay(FullFor);
                free = Stopwatch.GetTimestamp();
                disk.Free();
            },
            paddingBytes: LargeValueBytes);

        await TellAsync(result, full, free);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(result.Errors.Where(error => error.Call == OperationKind.Read).Take(5), Is.Empty, "Reads need no room.");
            Assert.That(
                result.Errors.Where(error => error.Call == OperationKind.Write && error.Start < free).Select(error => error.Kind),
                Has.Some.EqualTo(PostgresErrorCodes.DiskFull), "Sets do.");
        }

        await FaultReport.AssertAsync($"disk of the tables full for {FullFor.TotalSeconds} s", result);
    }

    /// <summary>A removal needs no room. It fails only where sets do: in one batch with them, or because they opened the breaker that it shares with them.</summary>
    private static async Task RemovesAsync(ISolidCache cache)
    {
        await cache.RemoveAsync("alone");
        Assert.That(await cache.GetAsync("alone"), Is.Null);
    }

    private static async Task TellAsync(LoadResult result, long from, long to)
    {
        foreach (var calls in result.Operations.Where(call => call.Start >= from && call.End < to).GroupBy(call => call.Kind))
        {
            await TestContext.Out.WriteLineAsync($"{calls.Key}: {calls.Count(call => call.Outcome == Outcome.Succeeded)} of {calls.Count()} succeeded");
        }
    }
}
