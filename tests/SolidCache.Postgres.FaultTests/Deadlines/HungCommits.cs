using SolidCache.Postgres.FaultTests.Calls;
using SolidCache.Postgres.FaultTests.Promises;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.FaultTests.Deadlines;

/// <summary>A commit that waits for a synchronous standby, which is not there, has passed the look at its deadline: its key is not free until it has ended.</summary>
public sealed class HungCommits : OneServer
{
    private const string CommitWaits = "SELECT coalesce((SELECT pid FROM pg_stat_activity WHERE application_name = 'SolidCache.Postgres' AND wait_event = 'SyncRep'), 0)";

    [TearDown]
    public Task WaitForNobodyAsync() => WaitForStandbysAsync("");

    /// <summary>With a limit that the driver keeps, which knows whole seconds, and one that it keeps half a second later.</summary>
    [Test, CancelAfter(40_000)]
    public async Task A_remove_is_not_acknowledged_before_the_commit_of_a_set_that_ran_out_of_time_has_ended(
        [Values(1.0, 1.5)] double limit, [Values] bool async, [Values] bool coalescing)
    {
        var node = await StartNodeAsync(options =>
        {
            (options.OperationTimeout, options.Coalescing) = (TimeSpan.FromSeconds(limit), coalescing);
            options.DurableKeyPrefixes.Add("durable:");
        });
        var verbs = new Verbs(node.Cache, async);
        await verbs.SetAsync("another key", [1]);
        await WaitForStandbysAsync("*");
        var set = Ended.OfAsync(() => verbs.SetAsync("durable:key", [1]));
        await Eventually.TrueAsync(async () => await Server.ScalarAsync<int>(CommitWaits) != 0, "the commit waits");
        // It neither ends nor is cancelled until it goes on.
        Server.Freeze(await Server.ScalarAsync<int>(CommitWaits));
        var outOfTime = await ServingAsync(verbs, set);

        var remove = await ServingAsync(verbs, Ended.OfAsync(() => verbs.RemoveAsync("durable:key")));
        await WaitForStandbysAsync("");
        Server.Thaw();
        await UntilQuietAsync();

        await TestContext.Out.WriteLineAsync($"set: {outOfTime}; remove: {remove}; there afterwards: {await CountAsync("key = 'durable:key'")}");
        Assert.That(outOfTime.Error, Is.InstanceOf<TimeoutException>());
        Assert.That(remove.Error is not null || await CountAsync("key = 'durable:key'") == 0, "What was acknowledged is so.");
        await Eventually.TrueAsync(async () => (await Ended.OfAsync(() => verbs.RemoveAsync("durable:key"))).Error is null, "the key is free again");
        Assert.That(await CountAsync("key = 'durable:key'"), Is.Zero);
    }

    /// <summary>The server calls such a commit a success, and says in a warning that it is none.</summary>
    [Test, CancelAfter(40_000)]
    public async Task What_was_not_confirmed_is_not_acknowledged_where_the_role_hears_no_warnings()
    {
        await Server.ExecuteAsync("ALTER ROLE postgres SET client_min_messages = error");
        try
        {
            var node = await StartNodeAsync(static options => options.OperationTimeout = TimeSpan.FromSeconds(10));
            await node.Cache.SetAsync("another key", [1], Forever);
            await node.Cache.SetAsync("key", [1], Forever);
            await WaitForStandbysAsync("*");
            var remove = Ended.OfAsync(() => node.Cache.RemoveAsync("key"));
            await Eventually.TrueAsync(async () => await Server.ScalarAsync<int>(CommitWaits) != 0, "the commit waits");

            await Server.ExecuteAsync($"SELECT pg_cancel_backend(({CommitWaits}))");

            Assert.That((await remove).Error, Is.InstanceOf<TimeoutException>());
        }
        finally
        {
            await WaitForStandbysAsync("");
            await Server.ExecuteAsync("ALTER ROLE postgres RESET client_min_messages");
        }
    }

    /// <summary>Other writes are served all the time, so that no breaker opens.</summary>
    private static async Task<Ended> ServingAsync(Verbs verbs, Task<Ended> call)
    {
        while (!call.IsCompleted)
        {
            await verbs.SetAsync("another key", [2]);
            await Task.WhenAny(call, Task.Delay(20));
        }

        return await call;
    }

    private async Task WaitForStandbysAsync(string names)
    {
        await Server.ExecuteAsync($"ALTER SYSTEM SET synchronous_standby_names = '{names}'");
        await Server.ExecuteAsync("SELECT pg_reload_conf()");
        await Eventually.TrueAsync(async () => await Server.ScalarAsync<string>("SHOW synchronous_standby_names") == names, "the server has read its settings");
    }
}
