using SolidCache.Postgres.FaultTests.Calls;
using SolidCache.Postgres.FaultTests.Servers;

namespace SolidCache.Postgres.FaultTests.Promises;

/// <summary>The role of the cache has settings of its administrator's, which are meant for others.</summary>
public sealed class ServerSettings : OneServer
{
    [OneTimeSetUp]
    public Task MakeRoleAsync() => CacheUser.CreateAsync(Server);

    [SetUp]
    public Task GrantAsync() => Server.ExecuteAsync("GRANT SELECT, INSERT, UPDATE, DELETE ON solid_cache_entries, solid_cache_state, solid_cache_tag_removals TO cache_user");

    [TearDown]
    public Task ResetAsync() => Server.ExecuteAsync("ALTER ROLE cache_user RESET ALL");

    /// <summary>Whoever changes a table locks it for a moment, again and again: each time for longer than the role may wait.</summary>
    [Test, CancelAfter(40_000)]
    public async Task Nobody_notices_that_the_role_may_not_wait_for_locks([Values] bool async, [Values] bool coalescing)
    {
        await Server.ExecuteAsync("ALTER ROLE cache_user SET lock_timeout = '1ms'");
        var node = await StartNodeAsync(
            options => (options.Coalescing, options.CreateSchemaIfNotExists) = (coalescing, false), CacheUser.ConnectionStringOn(Server.Port));
        await Verbs.AllAsync(node.Cache, async);
        await InsertDueAsync(8);
        var calls = new List<Ended>();
        for (var round = 0; round < 4; round++)
        {
            await using var other = await OtherTransaction.StartAsync(Server, "LOCK TABLE solid_cache_entries");
            var under = Verbs.AllAsync(node.Cache, async);
            await Task.Delay(TimeSpan.FromMilliseconds(400));
            await other.RollBackAsync();
            calls.AddRange(await under);
            calls.Add(await Ended.OfAsync(() => node.Cache.RemoveByPrefixAsync("none:")));
            calls.Add(await Ended.OfAsync(() => node.Cache.GetStatisticsAsync()));
        }

        await TestContext.Out.WriteLineAsync($"{calls.Count} calls; {calls.MaxBy(call => call.After)}");
        AssertDoneAtOnce(calls, "A lock that is there for a moment is no error.");
        AssertNoOutage(node);
    }

    /// <summary>What the server ends after so long is an outage, which a role of this kind cannot tell from a server that is too slow; it passes at once.</summary>
    [Test, CancelAfter(40_000)]
    public async Task A_statement_timeout_of_the_role_fails_what_it_ends_and_nothing_later([Values] bool async, [Values] bool coalescing)
    {
        await Server.ExecuteAsync("ALTER ROLE cache_user SET statement_timeout = '150ms'");
        var node = await StartNodeAsync(
            options => (options.Coalescing, options.CreateSchemaIfNotExists) = (coalescing, false), CacheUser.ConnectionStringOn(Server.Port));
        await Verbs.AllAsync(node.Cache, async);
        List<Ended> under;
        await using (await OtherTransaction.StartAsync(Server, "LOCK TABLE solid_cache_entries"))
        {
            under = await Verbs.AllAsync(node.Cache, async);
        }

        await TestContext.Out.WriteLineAsync($"{under.MaxBy(call => call.After)}");
        AssertWithinLimit(under);
        await IntegrationTests.Infrastructure.Eventually.TrueAsync(
            async () => (await Verbs.AllAsync(node.Cache, async)).TrueForAll(call => call.Error is null), "all is well again", TimeSpan.FromSeconds(3));
    }
}
