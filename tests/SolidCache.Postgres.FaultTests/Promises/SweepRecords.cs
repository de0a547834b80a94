using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.FaultTests.Promises;

/// <summary>What is on record of a sweep may be wrong: the clock was ahead, or the table is no longer the one that was swept.</summary>
public sealed class SweepRecords : OneServer
{
    private const int Doomed = 30_000;
    private const string CountExpired = "SELECT count(*) FROM solid_cache_entries WHERE expires_at <= now()";

    [TestCase("last_sweep_finished_at = now() + interval '30 days', last_sweep_deleted = 0")]
    [TestCase("sweep_holder = 'a node that is gone', sweep_lease_ends_at = now() + interval '30 days'")]
    [TestCase("sweep_holder = 'a node that is gone', sweep_lease_ends_at = now() + interval '30 days', last_sweep_finished_at = now() + interval '30 days'")]
    public async Task A_record_from_the_future_keeps_nobody_from_sweeping(string record)
    {
        await InsertAsync(100, "now() - interval '1 second'");
        await Server.ExecuteAsync($"UPDATE solid_cache_state SET {record}");
        await using var node = await StartNodeAsync(options => (options.SweepExpiredEntries, options.SweepInterval) = (true, TimeSpan.FromSeconds(1)));

        var statistics = await node.Cache.GetStatisticsAsync();
        await Eventually.TrueAsync(
            async () => await Server.ScalarAsync<long>(CountExpired) == 0, "what has expired is swept", TimeSpan.FromSeconds(10));
        await Eventually.TrueAsync(
            () => Server.ScalarAsync<bool>(
                """
                SELECT coalesce(last_sweep_finished_at <= clock_timestamp(), true)
                  AND coalesce(sweep_lease_ends_at < clock_timestamp() + interval '2 minutes', true)
                FROM solid_cache_state
                """),
            "the record is right again",
            TimeSpan.FromSeconds(10));
        Assert.That(statistics.TimeSinceLastSweep ?? TimeSpan.Zero, Is.GreaterThanOrEqualTo(TimeSpan.Zero), "No sweep has ended in the future.");
    }

    [Test]
    public async Task A_pass_that_goes_on_in_a_table_that_was_rewritten_skips_nothing()
    {
        await using (var node = await StartPassAsync())
        {
            await UntilUnderWayAsync();
        }

        Assert.That(await Server.ScalarAsync<long>("SELECT sweep_next_block FROM solid_cache_state"), Is.Positive, "A pass was cut short.");
        await RewriteAsync();
        await using var next = await StartNodeAsync(options => (options.SweepExpiredEntries, options.SweepMegabytesPerSecond) = (true, 100_000));

        await AssertNothingIsLeftAsync(next);
    }

    [Test]
    public async Task A_pass_under_way_in_a_table_that_is_rewritten_skips_nothing()
    {
        await using var node = await StartPassAsync();
        await UntilUnderWayAsync();
        await RewriteAsync();

        await AssertNothingIsLeftAsync(node);
    }

    [Test]
    public async Task A_sweep_that_was_asked_for_in_a_table_that_is_rewritten_skips_nothing()
    {
        await FillAsync();
        await using var node = await StartNodeAsync(options => options.SweepMegabytesPerSecond = 3);
        var expired = await Server.ScalarAsync<long>(CountExpired);
        var sweep = node.Cache.RemoveExpiredAsync();
        await Eventually.TrueAsync(async () => await Server.ScalarAsync<long>(CountExpired) < expired - 1_000, "the sweep is under way");
        await RewriteAsync();

        await sweep.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.That(await Server.ScalarAsync<long>(CountExpired), Is.Zero);
    }

    private async Task<CacheHost> StartPassAsync()
    {
        await FillAsync();
        return await StartNodeAsync(options => (options.SweepExpiredEntries, options.SweepMegabytesPerSecond) = (true, 3));
    }

    /// <summary>A few that have expired, many that will be removed, and many that have expired: when the middle is gone they lie where it was.</summary>
    private async Task FillAsync()
    {
        await InsertAsync(4_000, "now() - interval '1 second'");
        await InsertAsync(Doomed, "now() + interval '1 day'", "doomed");
        await InsertAsync(Doomed, "now() - interval '1 second'");
    }

    private Task InsertAsync(int count, string expiresAt, string start = "key") => Server.ExecuteAsync(
        $"""
        INSERT INTO solid_cache_entries (expires_at, key, value)
        SELECT {expiresAt}, '{start}:' || gen_random_uuid(), decode(repeat('ab', 100), 'hex') FROM generate_series(1, {count}) AS i
        """);

    /// <summary>Past those that expired first, within what is about to go.</summary>
    private Task UntilUnderWayAsync() => Eventually.TrueAsync(
        () => Server.ScalarAsync<bool>("SELECT sweep_deleted >= 4000 AND sweep_next_block > 300 FROM solid_cache_state"), "a pass is under way");

    private async Task RewriteAsync()
    {
        await Server.ExecuteAsync("DELETE FROM solid_cache_entries WHERE key LIKE 'doomed:%'");
        await Server.ExecuteAsync("VACUUM FULL solid_cache_entries");
    }

    private async Task AssertNothingIsLeftAsync(CacheHost node)
    {
        await Eventually.LoggedAsync(node, "cache_cleanup_executed");
        Assert.That(await Server.ScalarAsync<long>(CountExpired), Is.Zero, "A pass that is on record as finished has left nothing.");
    }
}
