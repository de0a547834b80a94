using System.Text;
using System.Transactions;
using Npgsql;
using SolidCache.Postgres.IntegrationTests.Contracts;
using SolidCache.Postgres.IntegrationTests.Infrastructure;
using IsolationLevel = System.Data.IsolationLevel;

namespace SolidCache.Postgres.IntegrationTests.Leasing;

/// <summary>What is removed and stored with the application's data, or not at all.</summary>
public sealed class InTransactions() : ContractFixture(Calling.Async)
{
    [Test]
    public async Task A_removal_takes_effect_with_the_commit_and_not_with_a_rollback([Values] bool commits, [Values("key", "tag", "connection")] string how)
    {
        var key = NewKey();
        await SolidCache.SetAsync(key, [1], new SolidCacheEntryOptions { Tags = [key] });
        await using var connection = await Database.Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await (how switch
        {
            "key" => SolidCache.RemoveAsync(key, transaction),
            "tag" => SolidCache.RemoveByTagAsync(key, transaction),
            _ => SolidCache.InTransactionOf(connection).RemoveAsync([key]),
        });

        Assert.That(await SolidCache.GetAsync(key), Is.Not.Null, "Until the commit everybody sees what was there.");
        await (commits ? transaction.CommitAsync() : transaction.RollbackAsync());
        Assert.That(await SolidCache.GetAsync(key), commits ? Is.Null : Is.Not.Null);
    }

    [Test]
    public async Task Between_a_removal_and_its_commit_nobody_stores_what_he_read_before([Values] bool isThere, [Values("key", "tag")] string how)
    {
        var key = NewKey();
        SolidCacheEntryOptions options = new() { Tags = [key] };
        if (isThere)
        {
            // Expired, so that readers miss.
            await SolidCache.SetAsync(key, [1], options);
            await Database.ExecuteAsync($"UPDATE solid_cache_entries SET expires_at = now() - interval '1 second' WHERE key = '{key}'");
        }

        await using var connection = await Database.Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await (how == "key" ? SolidCache.RemoveAsync(key, transaction) : SolidCache.RemoveByTagAsync(key, transaction));

        Assert.That(await SolidCache.GetOrCreateAsync(key, _ => Bytes("old"), options), Is.EqualTo("old"u8.ToArray()));
        await transaction.CommitAsync();
        Assert.That(await SolidCache.GetAsync(key), Is.Null);
        await SolidCache.GetOrCreateAsync(key, _ => Bytes("new"), options);
        Assert.That(await SolidCache.GetAsync(key), Is.EqualTo("new"u8.ToArray()), "After it all is as ever.");
    }

    [Test]
    public async Task A_lease_from_before_a_removal_stores_nothing_after_its_commit([Values("key", "tag")] string how, [Values] bool repeatable)
    {
        var key = NewKey();
        SolidCacheEntryOptions options = new() { Tags = [key] };
        await using var connection = await Database.Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync(how == "tag" && repeatable ? IsolationLevel.RepeatableRead : IsolationLevel.ReadCommitted);
        await using (var first = new NpgsqlCommand("SELECT count(*) FROM solid_cache_entries", connection, transaction))
        {
            await first.ExecuteScalarAsync();
        }

        await SolidCache.GetOrCreateAsync(key, async token =>
        {
            await (how == "key" ? SolidCache.RemoveAsync(key, transaction, token) : SolidCache.RemoveByTagAsync(key, transaction, token));
            await transaction.CommitAsync(token);
            return "old"u8.ToArray();
        }, options);

        Assert.That(await SolidCache.GetAsync(key), Is.Null);
    }

    [Test]
    public async Task What_was_stored_since_a_snapshot_began_is_gone_with_its_tag()
    {
        var key = NewKey();
        SolidCacheEntryOptions options = new() { Tags = [key] };
        await using var connection = await Database.Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.Serializable);
        await using (var first = new NpgsqlCommand("SELECT count(*) FROM solid_cache_state", connection, transaction))
        {
            await first.ExecuteScalarAsync();
        }

        await SolidCache.GetOrCreateAsync(key, _ => Bytes("old"), options);
        await SolidCache.RemoveByTagAsync(key, transaction);
        await SolidCache.SetAsync($"{key}:beside", [1], options);
        await transaction.CommitAsync();

        Assert.That(await SolidCache.GetAsync(key), Is.Null);
        Assert.That(await SolidCache.GetAsync($"{key}:beside"), Is.Null);
    }

    [Test]
    public async Task What_a_transaction_sets_with_a_tag_that_it_removes_is_gone([Values] bool removesFirst, [Values] bool othersCommit, [Values("library", "sql")] string how)
    {
        var key = NewKey();
        await using var connection = await Database.Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await SolidCache.RemoveAsync($"{key}:before", transaction);
        if (removesFirst)
        {
            await RemoveAsync();
        }

        if (othersCommit)
        {
            // From now on the transaction's own snapshots lie after its number.
            await SolidCache.SetAsync($"{key}:beside", [1], Forever);
        }

        await SolidCache.SetAsync(key, [1], new SolidCacheEntryOptions { Tags = [key] }, transaction);
        await SolidCache.SetAsync($"{key}:other", [1], new SolidCacheEntryOptions { Tags = [$"{key}:other"] }, transaction);
        if (!removesFirst)
        {
            await RemoveAsync();
        }

        await transaction.CommitAsync();

        Assert.That((await SolidCache.ExistsAsync(key), await SolidCache.ExistsAsync($"{key}:other")), Is.EqualTo((false, true)));

        async Task RemoveAsync()
        {
            await using var command = new NpgsqlCommand("SELECT solid_cache_remove_by_tag($1)", connection, transaction) { Parameters = { new() { Value = key } } };
            await (how == "sql" ? command.ExecuteNonQueryAsync() : SolidCache.RemoveByTagAsync(key, transaction));
        }
    }

    [Test]
    public async Task A_removal_of_a_tag_counts_for_what_is_committed_long_after_it()
    {
        var key = NewKey();
        await using var connection = await Database.Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await SolidCache.SetAsync(key, [1], new SolidCacheEntryOptions { Tags = [key] }, transaction);

        await SolidCache.RemoveByTagAsync(key);
        for (var sweeps = 0; sweeps < 3; sweeps++)
        {
            await Database.ScalarAsync<long>("SELECT cleanup_expired_cache()");
            await Database.ExecuteAsync("UPDATE solid_cache_tag_removals SET swept_at = swept_at - interval '1 hour'");
        }

        await transaction.CommitAsync();
        Assert.That(await SolidCache.ExistsAsync(key), Is.False);

        await IsForgottenAsync(Database, () => Database.ScalarAsync<long>("SELECT cleanup_expired_cache()"));
    }

    [Test]
    public async Task A_rollback_to_a_savepoint_takes_back_what_came_after_it()
    {
        var (kept, removed) = (NewKey(), NewKey());
        await SolidCache.SetAsync(kept, [1], new SolidCacheEntryOptions { Tags = [kept] });
        await SolidCache.SetAsync(removed, [1], Forever);
        await using var connection = await Database.Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await SolidCache.RemoveAsync(removed, transaction);
        await transaction.SaveAsync("here");
        await SolidCache.RemoveAsync(kept, transaction);
        await SolidCache.RemoveByTagAsync(kept, transaction);
        await transaction.RollbackAsync("here");
        await transaction.CommitAsync();

        Assert.That((await SolidCache.ExistsAsync(kept), await SolidCache.ExistsAsync(removed)), Is.EqualTo((true, false)));
    }

    [Test]
    public async Task A_set_takes_effect_with_the_commit([Values] bool commits)
    {
        var key = NewKey();
        await using var connection = await Database.Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await SolidCache.SetAsync(key, [7], new SolidCacheEntryOptions { SlidingExpiration = TimeSpan.FromMinutes(1), Tags = [key] }, transaction);
        Assert.That(await SolidCache.GetAsync(key), Is.Null);
        await (commits ? transaction.CommitAsync() : transaction.RollbackAsync());

        Assert.That(await SolidCache.GetAsync(key), commits ? Is.EqualTo(new byte[] { 7 }) : Is.Null);
        Assert.That(await SolidCache.RemoveByTagAsync(key), Is.EqualTo(commits ? 1 : 0));
    }

    [Test]
    public async Task A_scope_has_the_removals_of_its_connection([Values] bool completes)
    {
        var key = NewKey();
        await SolidCache.SetAsync(key, [1], Forever);
        using (var scope = new TransactionScope(TransactionScopeAsyncFlowOption.Enabled))
        {
            await using var connection = await Database.Source.OpenConnectionAsync();
            await SolidCache.InTransactionOf(connection).RemoveAsync([key]);
            Assert.That(await SolidCache.GetAsync(key), Is.Not.Null);
            if (completes)
            {
                scope.Complete();
            }
        }

        Assert.That(await SolidCache.ExistsAsync(key), Is.Not.EqualTo(completes));
    }

    [Test]
    public async Task The_applications_connection_is_left_as_it_is()
    {
        var key = NewKey();
        await using var connection = await Database.Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        var before = await SettingsAsync(connection);
        SolidCache.InTransaction(transaction).Remove([key, $"{key}:2"]);
        SolidCache.InTransaction(transaction).RemoveByTag([key]);
        await SolidCache.SetAsync(key, [1], Forever, transaction);

        Assert.That(await SettingsAsync(connection), Is.EqualTo(before));
        await transaction.CommitAsync();
        Assert.That(await SolidCache.ExistsAsync(key), Is.True);
    }

    [Test]
    public async Task A_transaction_that_has_ended_or_is_of_another_database_is_refused()
    {
        await using var other = await TestDatabase.CreateAsync();
        await using var unlike = await other.Source.OpenConnectionAsync();
        await using var empty = await unlike.BeginTransactionAsync();
        Assert.That(async () => await SolidCache.RemoveAsync(NewKey(), empty), Throws.ArgumentException.With.Message.Contains("another database"));
        await empty.RollbackAsync();
        Assert.That(async () => await SolidCache.RemoveAsync(NewKey(), empty), Throws.ArgumentException.With.Message.Contains("already"));

        await using var node = await CacheHost.StartAsync(other.ConnectionString);
        await using var alike = await unlike.BeginTransactionAsync();
        Assert.That(async () => await SolidCache.RemoveAsync(NewKey(), alike), Throws.ArgumentException.With.Message.Contains("another database"));
        await node.Cache.RemoveAsync(NewKey(), alike);
        await alike.CommitAsync();
        Assert.That(await other.ScalarAsync<long>("SELECT count(*) FROM solid_cache_entries"), Is.EqualTo(1), "Only the barrier of its own cache.");
    }

    [Test]
    public async Task A_connection_without_arrays_is_refused_with_what_to_do()
    {
        await using var slim = new NpgsqlSlimDataSourceBuilder(Database.ConnectionString).Build();
        await using var connection = await slim.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();

        Assert.That(async () => await SolidCache.RemoveAsync(NewKey(), transaction), Throws.ArgumentException.With.Message.Contains("EnableArrays()"));
        Assert.That(async () => await SolidCache.RemoveByTagAsync(NewKey(), transaction), Throws.ArgumentException.With.Message.Contains("EnableArrays()"));
        await SolidCache.SetAsync(NewKey(), [1], Forever, transaction);
        await transaction.CommitAsync();
    }

    [Test]
    public async Task What_only_reads_refuses_removals_and_leaves_out_sets_as_it_does_outside_of_a_transaction()
    {
        var key = NewKey();
        await SolidCache.SetAsync(key, [1], new SolidCacheEntryOptions { Tags = [key] });
        await using var reader = await StartNodeAsync(options => options.ReadOnly = true);
        await using var connection = await Database.Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        var within = reader.Cache.InTransaction(transaction);

        Func<Task>[] removals =
        [
            async () => await reader.Cache.RemoveAsync(key, transaction),
            async () => await reader.Cache.RemoveByTagAsync(key, transaction),
            () => reader.Cache.InTransactionOf(connection).RemoveAsync([key]),
            () => Task.Run(() => within.Remove([key])),
            () => Task.Run(() => within.RemoveByTag([key])),
        ];
        foreach (var removal in removals)
        {
            await Assert.ThatAsync(removal, Throws.TypeOf<SolidCacheException>().With.Message.Contains("read-only"));
        }

        await within.RemoveAsync([]);
        await within.RemoveByTagAsync([]);
        await Assert.ThatAsync(() => within.SetAsync(key, [2], new() { AbsoluteExpiration = DateTimeOffset.UnixEpoch }), Throws.InstanceOf<ArgumentOutOfRangeException>());
        await within.SetAsync(key, [2], Forever);
        await transaction.CommitAsync();
        Assert.That(await SolidCache.GetAsync(key), Is.EqualTo(new byte[] { 1 }));
    }

    [Test]
    public async Task A_removal_that_stays_uncommitted_holds_up_nobody_but_the_writers_of_its_key()
    {
        var (key, other) = (NewKey(), NewKey());
        await SolidCache.SetAsync(key, [1], Forever);
        await using var connection = await Database.Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await SolidCache.RemoveAsync(key, transaction);
        await using var impatient = await StartNodeAsync(options => options.OperationTimeout = TimeSpan.FromSeconds(1));

        Assert.That(() => impatient.Cache.SetAsync(key, [2], Forever), Throws.InstanceOf<Exception>());
        await impatient.Cache.SetAsync(other, [2], Forever);
        Assert.That(await impatient.Cache.GetAsync(key), Is.EqualTo(new byte[] { 1 }));
        await transaction.RollbackAsync();
        await impatient.Cache.SetAsync(key, [3], Forever);
        Assert.That(await SolidCache.GetAsync(key), Is.EqualTo(new byte[] { 3 }));
    }

    [Test]
    public async Task Barriers_and_leases_are_no_entries_and_are_swept()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var node = await CacheHost.StartAsync(database.ConnectionString);
        await using (var connection = await database.Source.OpenConnectionAsync())
        {
            await using var transaction = await connection.BeginTransactionAsync();
            await node.Cache.RemoveAsync(["a", "b"], transaction);
            await node.Cache.RemoveByTagAsync("t", transaction);
            await transaction.CommitAsync();
        }

        var statistics = await node.Cache.GetStatisticsAsync();
        Assert.That((statistics.TotalEntries, statistics.ExpiredEntries, statistics.OverdueEntries), Is.EqualTo((0L, 0L, 0L)));
        Assert.That(await node.Cache.RemoveExpiredAsync(), Is.EqualTo(2));
        await database.ExecuteAsync("UPDATE solid_cache_tag_removals SET swept_at = now() - interval '1 hour'");
        await IsForgottenAsync(database, () => node.Cache.RemoveExpiredAsync());
    }

    /// <summary>Transactions of other tests may be open, in whichever database.</summary>
    private static Task IsForgottenAsync(TestDatabase database, Func<Task> sweep) => Eventually.TrueAsync(
        async () =>
        {
            await sweep();
            return await database.ScalarAsync<long>("SELECT count(*) FROM solid_cache_tag_removals") == 0;
        },
        "the removals of tags are forgotten");

    private static ValueTask<byte[]> Bytes(string text) => ValueTask.FromResult(Encoding.UTF8.GetBytes(text));

    private static async Task<string> SettingsAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand(
            "SELECT string_agg(name || '=' || setting, ',' ORDER BY name) || (SELECT count(*) FROM pg_prepared_statements) FROM pg_settings WHERE name <> 'transaction_xid'", connection);
        return (string)(await command.ExecuteScalarAsync())!;
    }
}
