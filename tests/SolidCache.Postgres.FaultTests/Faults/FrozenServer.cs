using SolidCache.Postgres.FaultTests.Calls;
using SolidCache.Postgres.FaultTests.Servers;

namespace SolidCache.Postgres.FaultTests.Faults;

/// <summary>Processes that are there and do nothing: a machine that swaps, a paused container, a disk that does not answer.</summary>
public sealed class FrozenServer
{
    private static readonly TimeSpan LongerThanACall = TimeSpan.FromSeconds(8);

    [Test]
    public async Task The_whole_server_stands_still()
    {
        var result = await ThroughAFreezeAsync(coalescing: true);
        await FaultReport.AssertAsync("server frozen for 8 s", result);
        Assert.That(result.Errors, Is.Not.Empty);
    }

    [Test]
    [Category("Long")]
    public async Task The_whole_server_stands_still_and_calls_go_alone()
    {
        var result = await ThroughAFreezeAsync(coalescing: false);
        await FaultReport.AssertAsync("server frozen for 8 s, without coalescing", result);
        Assert.That(result.Errors, Is.Not.Empty);
    }

    [Test]
    [Category("Long")]
    public async Task One_backend_stands_still()
    {
        await using var cluster = await Cluster.StartNewAsync();
        var result = await Load.ThroughAsync(cluster.ConnectionString, async _ =>
        {
            var backends = await cluster.BackendPidsAsync();
            cluster.Freeze(backends[0]);
            await Task.Delay(LongerThanACall);
            cluster.Thaw();
        });

        await FaultReport.AssertAsync("one backend frozen for 8 s", result);
    }

    private static async Task<LoadResult> ThroughAFreezeAsync(bool coalescing)
    {
        await using var cluster = await Cluster.StartNewAsync();
        return await Load.ThroughAsync(
            cluster.ConnectionString,
            async _ =>
            {
                cluster.Freeze();
                await Task.Delay(LongerThanACall);
                cluster.Thaw();
            },
            options => options.Coalescing = coalescing);
    }
}
