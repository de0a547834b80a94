using System.Diagnostics;
using Npgsql;
using SolidCache.Postgres.FaultTests.Calls;
using SolidCache.Postgres.FaultTests.Servers;
using SolidCache.Postgres.Histories;

namespace SolidCache.Postgres.FaultTests.Faults;

/// <summary>The disk of the tables is full, and gets room again. That of the write-ahead log is another one: without it the whole server stops.</summary>
public sealed class FullDisk
{
    private const int DiskMegabytes = 64;

    /// <summary>More than a page has room for, so that each overwrite takes new ones: only vacuum frees those of the old value.</summary>
    private const int LargeValueBytes = 8_000;

    private static readonly TimeSpan FullFor = TimeSpan.FromSeconds(5);

    [Test]
    public async Task Sets_fail_and_reads_and_removals_go_on()
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
                disk.Fill();
                full = Stopwatch.GetTimestamp();
                await Task.Delay(FullFor);
                free = Stopwatch.GetTimestamp();
                disk.Free();
            },
            paddingBytes: LargeValueBytes);

        var removals = result.Operations.Where(call => call.Kind == OperationKind.Remove && call.Start >= full && call.End < free).ToList();
        var failed = removals.Count(call => call.Outcome == Outcome.Failed);
        await TestContext.Out.WriteLineAsync($"removals on a full disk: {removals.Count}, of which failed: {failed}");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(result.Errors.Where(error => error.Call == OperationKind.Read).Take(5), Is.Empty, "Reads need no room.");
            // But for those whose key was set again before they were sent: they became part of that set.
            Assert.That(failed, Is.LessThan(removals.Count / 10), "Removals need none.");
            Assert.That(
                result.Errors.Where(error => error.Call == OperationKind.Write && error.Start < free).Select(error => error.Kind),
                Has.Some.EqualTo(PostgresErrorCodes.DiskFull), "Sets do.");
        }

        await FaultReport.AssertAsync($"disk of the tables full for {FullFor.TotalSeconds} s", result);
    }
}
