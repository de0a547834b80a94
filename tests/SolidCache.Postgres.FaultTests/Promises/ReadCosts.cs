using SolidCache.Postgres.FaultTests.Calls;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.FaultTests.Promises;

/// <summary>Who does not want a value does not make the server read it.</summary>
public sealed class ReadCosts : OneServer
{
    private const int ValueBytes = 20_000_000;

    /// <summary>A value of this size lies in 2,500 blocks of 8 KB and more, which one look at it reads all.</summary>
    private const long FewBlocks = 500;

    [Test]
    public async Task Only_who_gets_a_value_reads_it(
        [Values("RefreshAsync", "Refresh", "ExistsAsync", "GetTimeToLiveAsync")] string name,
        [Values] bool coalescing,
        [Values] bool due)
    {
        await using var node = await StartNodeAsync(options => (options.Coalescing, options.OperationTimeout) = (coalescing, TimeSpan.FromSeconds(20)));
        var value = new byte[ValueBytes];
        new Random(1).NextBytes(value);
        await node.Cache.SetAsync("key", value, new() { SlidingExpiration = TimeSpan.FromHours(1) });
        if (due)
        {
            await Server.ExecuteAsync("UPDATE solid_cache_entries SET expires_at = now() + interval '1 minute'");
        }

        await EndConnectionsAsync();
        // That its connections are gone is not what is looked at.
        await Eventually.TrueAsync(async () => (await Verb.Named(name).EndAsync(node.Cache, "another key")).Error is null, "calls succeed again");
        var before = await BlocksReadAsync();
        for (var call = 0; call < 3; call++)
        {
            Assert.That((await Verb.Named(name).EndAsync(node.Cache, "key")).Error, Is.Null);
        }

        await EndConnectionsAsync();
        var read = await BlocksReadAsync() - before;
        await TestContext.Out.WriteLineAsync($"{read} blocks of large values.");
        Assert.That(read, Is.LessThan(FewBlocks));
        if (due && name.StartsWith("Refresh", StringComparison.Ordinal))
        {
            Assert.That(
                await Server.ScalarAsync<bool>("SELECT expires_at > now() + interval '59 minutes' FROM solid_cache_entries"), Is.True, "It was extended.");
        }
    }

    private Task<long> BlocksReadAsync() => Server.ScalarAsync<long>(
        "SELECT coalesce(toast_blks_read, 0) + coalesce(toast_blks_hit, 0) FROM pg_statio_user_tables WHERE relname = 'solid_cache_entries'");
}
