using System.Transactions;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Contracts;

public sealed class EnvironmentContract(Calling calling) : CacheContract(calling)
{
    [Test]
    public async Task A_rolled_back_transaction_scope_loses_nothing([Values] bool onTheApplicationsDataSource)
    {
        await using var source = NpgsqlDataSource.Create(Database.ConnectionString);
        await using var node = onTheApplicationsDataSource ? await StartNodeOnAsync(source) : await StartNodeAsync();
        var cache = CacheCalls.Of(Calling, node.Cache);
        var (kept, removed) = (NewKey(), NewKey());
        await cache.SetAsync(removed, [1], Forever);

        using (new TransactionScope(TransactionScopeAsyncFlowOption.Enabled))
        {
            await cache.SetAsync(kept, [1], Forever);
            await cache.RemoveAsync(removed);
        }

        Assert.That(await cache.GetAsync(kept), Is.EqualTo(new byte[] { 1 }));
        Assert.That(await cache.GetAsync(removed), Is.Null);
    }

    [Test]
    public async Task An_open_transaction_scope_blocks_no_other_reader_or_writer()
    {
        await using var source = NpgsqlDataSource.Create(Database.ConnectionString);
        await using var node = await StartNodeOnAsync(source);
        var key = NewKey();
        using (new TransactionScope(TransactionScopeAsyncFlowOption.Enabled))
        {
            await CacheCalls.Of(Calling, node.Cache).SetAsync(key, [1], Forever);
            using (new TransactionScope(TransactionScopeOption.Suppress, TransactionScopeAsyncFlowOption.Enabled))
            {
                Assert.That(await Cache.GetAsync(key), Is.EqualTo(new byte[] { 1 }));
                await Cache.SetAsync(key, [2], Forever);
            }
        }

        Assert.That(await Cache.GetAsync(key), Is.EqualTo(new byte[] { 2 }));
    }

    [Test]
    public async Task A_transaction_that_holds_a_row_blocks_no_reader_of_it_even_when_a_touch_is_due()
    {
        var key = NewKey();
        await Cache.SetAsync(key, [1], Sliding(TimeSpan.FromMinutes(1)));
        await PassAsync(key, TimeSpan.FromSeconds(30));
        await using var connection = await Database.Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var command = new NpgsqlCommand($"SELECT 1 FROM solid_cache_entries WHERE key = '{key}' FOR UPDATE", connection);
        await command.ExecuteNonQueryAsync();

        Assert.That(await Cache.GetAsync(key), Is.EqualTo(new byte[] { 1 }));
    }

    [TestCase("DISCARD ALL")]
    [TestCase("DEALLOCATE ALL")]
    public async Task Prepared_statements_that_vanish_from_a_connection_are_prepared_again(string command)
    {
        await using var source = NpgsqlDataSource.Create(Database.ConnectionString + ";Maximum Pool Size=1");
        await using var node = await StartNodeOnAsync(source);
        var cache = CacheCalls.Of(Calling, node.Cache);
        var keys = Enumerable.Range(0, 20).Select(_ => NewKey()).ToArray();
        for (var round = 0; round < 3; round++)
        {
            var value = new[] { (byte)round };
            await Task.WhenAll(keys.Select(key => cache.SetAsync(key, value, Forever)));
            await DiscardAsync();
            Assert.That(await Task.WhenAll(keys.Select(key => cache.GetAsync(key))), Has.All.EqualTo(value));
            await DiscardAsync();
            await Task.WhenAll(keys.Select(key => key == keys[0] ? cache.SetAsync(key, [9], Forever) : cache.RemoveAsync(key)));
            await DiscardAsync();
            Assert.That(await Task.WhenAll(keys.Select(key => cache.GetAsync(key))), Has.Exactly(19).Null);
        }

        async Task DiscardAsync()
        {
            await using var discard = source.CreateCommand(command);
            await discard.ExecuteNonQueryAsync();
        }
    }

    [Test]
    public async Task A_role_with_select_insert_update_and_delete_suffices_once_the_schema_exists()
    {
        var role = $"role_{Guid.NewGuid():N}";
        await Database.ExecuteAsync(
            $"""
            CREATE ROLE {role} LOGIN PASSWORD 'secret';
            GRANT SELECT, INSERT, UPDATE, DELETE ON solid_cache_entries, solid_cache_state, solid_cache_tag_removals TO {role};
            """);
        await using (var node = await CacheHost.StartAsync(Database.ConnectionStringOf(role, "secret")))
        {
            var cache = CacheCalls.Of(Calling, node.Cache);
            var key = NewKey();
            await cache.SetAsync(key, [1], Sliding(TimeSpan.FromMinutes(1)));
            await PassAsync(key, TimeSpan.FromSeconds(30));
            await cache.RefreshAsync(key);

            Assert.That(await cache.GetAsync(key), Is.Not.Null);
            Assert.That(await node.Cache.GetTimeToLiveAsync(key), Is.EqualTo(TimeSpan.FromMinutes(1)));
            Assert.That(await node.Cache.RemoveByPrefixAsync(key), Is.EqualTo(1));
            Assert.That(await node.Cache.RemoveExpiredAsync(), Is.GreaterThanOrEqualTo(0));
            Assert.That((await node.Cache.GetStatisticsAsync()).TotalEntries, Is.GreaterThanOrEqualTo(0));
        }

        await Database.ExecuteAsync($"DROP OWNED BY {role}; DROP ROLE {role}");
    }

    [Test]
    public async Task A_read_only_session_serves_reads_and_skips_touches()
    {
        var key = NewKey();
        await Cache.SetAsync(key, [1], Sliding(TimeSpan.FromMinutes(1)));
        await PassAsync(key, TimeSpan.FromSeconds(30));
        await using var node = await CacheHost.StartAsync(
            new NpgsqlConnectionStringBuilder(Database.ConnectionString) { Options = "-c default_transaction_read_only=on" }.ConnectionString);
        var cache = CacheCalls.Of(Calling, node.Cache);

        Assert.That(await cache.GetAsync(key), Is.EqualTo(new byte[] { 1 }));
        await cache.RefreshAsync(key);
        Assert.That(await node.Cache.ExistsAsync(key), Is.True);
        Assert.That(await node.Cache.GetTimeToLiveAsync(key), Is.LessThan(TimeSpan.FromSeconds(37)));
        await Assert.ThatAsync(() => cache.SetAsync(key, [2], Forever), Throws.InstanceOf<PostgresException>());
    }

    [TestCase("America/New_York")]
    [TestCase("Pacific/Apia")]
    public async Task A_session_in_another_time_zone_changes_nothing(string zone)
    {
        await using var node = await CacheHost.StartAsync(
            new NpgsqlConnectionStringBuilder(Database.ConnectionString) { Timezone = zone }.ConnectionString);
        var cache = CacheCalls.Of(Calling, node.Cache);
        var key = NewKey();

        // Half a year crosses a daylight-saving change wherever there is one: an interval of days would gain or lose an hour.
        for (var days = 1; days <= 183; days += 26)
        {
            await cache.SetAsync(key, [1], Sliding(TimeSpan.FromDays(days), TimeSpan.FromDays(2 * days)));
            var seconds = await Database.ScalarAsync<decimal>(
                $"SELECT extract(epoch FROM expires_at - created_at) FROM solid_cache_entries WHERE key = '{key}'");
            var capSeconds = await Database.ScalarAsync<decimal>(
                $"SELECT extract(epoch FROM absolute_expiration - created_at) FROM solid_cache_entries WHERE key = '{key}'");

            Assert.That((double)seconds, Is.EqualTo(days * 86_400 * 1.1).Within(0.001));
            Assert.That((double)capSeconds, Is.EqualTo(days * 86_400 * 2).Within(5));
            Assert.That(await node.Cache.GetTimeToLiveAsync(key), Is.EqualTo(TimeSpan.FromDays(days)));
        }
    }

    [Test]
    public void The_synchronous_api_works_under_a_single_threaded_synchronization_context()
    {
        var key = NewKey();
        byte[]? value = null;
        var thread = new Thread(() =>
        {
            SynchronizationContext.SetSynchronizationContext(new NeverPumpingContext());
            SolidCache.Set(key, [1], Sliding(TimeSpan.FromMinutes(1)));
            SolidCache.Refresh(key);
            value = SolidCache.Get(key);
            SolidCache.Remove(key);
        });
        thread.Start();

        Assert.That(thread.Join(TimeSpan.FromSeconds(30)), "The thread waits for itself.");
        Assert.That(value, Is.EqualTo(new byte[] { 1 }));
    }

    [Test]
    public async Task Disposing_the_container_either_way_keeps_what_was_acknowledged([Values] bool async)
    {
        var key = NewKey();
        var services = new ServiceCollection()
            .AddPostgresSolidCache(options => options.ConnectionString = Database.ConnectionString)
            .BuildServiceProvider();
        await CacheCalls.Of(Calling, services.GetRequiredService<ISolidCache>()).SetAsync(key, [1], Forever);

        if (async)
        {
            await services.DisposeAsync();
        }
        else
        {
            services.Dispose();
        }

        Assert.That(await Cache.GetAsync(key), Is.EqualTo(new byte[] { 1 }));
    }

    private static Task<CacheHost> StartNodeOnAsync(NpgsqlDataSource source) =>
        CacheHost.StartAsync("", options => options.ConnectionString = null, services => services.AddSingleton(source));

    private sealed class NeverPumpingContext : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state)
        {
            // A message loop whose thread is blocked: what is posted waits for ever.
        }
    }
}
