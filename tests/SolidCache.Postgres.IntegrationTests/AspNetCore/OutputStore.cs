using System.Buffers;
using Microsoft.AspNetCore.OutputCaching;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;
using SolidCache.Postgres.AspNetCore;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.AspNetCore;

/// <summary>The store in PostgreSQL: the contract, and what it does beyond it.</summary>
public sealed class OutputStore : OutputStoreContract
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private TestDatabase _database = null!;
    private CacheHost _node = null!;
    private CacheHost _otherNode = null!;

    protected override IOutputCacheBufferStore Store => StoreOf(_node);

    protected override IOutputCacheBufferStore OtherStore => StoreOf(_otherNode);

    private ISolidCache StoresCache => _node.Services.GetRequiredKeyedService<ISolidCache>(SolidCacheOutputStore.ServiceKey);

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _database = await TestDatabase.CreateAsync();
        _node = await StartNodeAsync();
        _otherNode = await StartNodeAsync();
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await _node.DisposeAsync();
        await _otherNode.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Test]
    public async Task What_is_being_stored_was_copied_before_the_call_returned()
    {
        // The row is locked, so that the value cannot have been stored when its buffer is taken back.
        var (key, tag) = (NewName(), NewName());
        await SetAsync(isArray: false, key, [0], null);
        await using var connection = await _database.Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var command = new NpgsqlCommand($"SELECT FROM solid_cache_entries WHERE key = 'output_cache^{key}' FOR UPDATE", connection, transaction))
        {
            await command.ExecuteNonQueryAsync();
        }

        byte[] value = [1, 2, 3];
        string[] tags = [tag];
        var stored = Store.SetAsync(key, new ReadOnlySequence<byte>(value), tags, Hour, default).AsTask();
        (value[0], tags[0]) = (9, "other");
        await transaction.CommitAsync();
        await stored;

        Assert.That(await Store.GetAsync(key, default), Is.EqualTo(new byte[] { 1, 2, 3 }));
        await Store.EvictByTagAsync(tag, default);
        Assert.That(await Store.GetAsync(key, default), Is.Null);
    }

    [Test]
    public async Task An_entry_without_tags_leaves_no_record_of_any([Values] bool isArray, [Values] bool isNull)
    {
        var key = NewName();
        await SetAsync(isArray, key, [1], isNull ? null : []);

        Assert.That(await _database.ScalarAsync<bool>($"SELECT tags IS NULL FROM solid_cache_entries WHERE key = 'output_cache^{key}'"));
    }

    [Test]
    public async Task Neither_keys_nor_tags_meet_those_of_the_applications_cache()
    {
        var (name, tag) = (NewName(), NewName());
        await _node.Cache.SetAsync(name, [1], new SolidCacheEntryOptions { Tags = [tag] });
        await SetAsync(isArray: false, name, [2], [tag]);
        Assert.That((await _node.Cache.GetAsync(name), await Store.GetAsync(name, default)), Is.EqualTo((new byte[] { 1 }, new byte[] { 2 })));

        await Store.EvictByTagAsync(tag, default);
        Assert.That((await _node.Cache.GetAsync(name), await Store.GetAsync(name, default)), Is.EqualTo((new byte[] { 1 }, (byte[]?)null)));

        await SetAsync(isArray: false, name, [2], [tag]);
        await _node.Cache.RemoveByTagAsync(tag);
        await _node.Cache.RemoveByPrefixAsync("");
        Assert.That((await _node.Cache.GetAsync(name), await Store.GetAsync(name, default)), Is.EqualTo(((byte[]?)null, new byte[] { 2 })));
    }

    [Test]
    public async Task An_eviction_takes_effect_with_the_transaction_that_changes_the_data()
    {
        var (key, tag) = (NewName(), NewName());
        await SetAsync(isArray: false, key, [1], [tag]);
        await using var connection = await _database.Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();

        await StoresCache.RemoveByTagAsync(tag, transaction);
        Assert.That(await OtherStore.GetAsync(key, default), Is.Not.Null);

        await transaction.CommitAsync();
        Assert.That(await OtherStore.GetAsync(key, default), Is.Null);
    }

    [Test]
    public async Task SQL_evicts_by_tag()
    {
        var (key, tag) = (NewName(), NewName());
        await SetAsync(isArray: false, key, [1], [tag]);

        await _database.ExecuteAsync($"SELECT solid_cache_remove_by_tag('{tag}', 'output_cache')");

        Assert.That(await Store.GetAsync(key, default), Is.Null);
    }

    [Test]
    public void A_null_is_refused_by_its_name_where_Redis_does_not()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(async () => await Store.SetAsync(null!, [1], null, Hour, default), Refused("key"));
            Assert.That(async () => await Store.SetAsync(null!, new ReadOnlySequence<byte>([1]), default, Hour, default), Refused("key"));
            Assert.That(async () => await Store.EvictByTagAsync(null!, default), Refused("tag"));
        }
    }

    [TestCase(0)]
    [TestCase(-1)]
    public void What_is_valid_for_no_time_is_refused(int seconds)
    {
        Assert.That(async () => await Store.SetAsync("key", [1], null, TimeSpan.FromSeconds(seconds), default), Refused());
        Assert.That(async () => await Store.SetAsync("key", new ReadOnlySequence<byte>([1]), default, TimeSpan.FromSeconds(seconds), default), Refused());

        static NUnit.Framework.Constraints.IResolveConstraint Refused() => Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("validFor");
    }

    [Test]
    public async Task Its_options_are_the_applications_but_for_what_a_store_needs()
    {
        await using var node = await CacheHost.StartAsync(
            _database.ConnectionString,
            options => (options.KeyPrefix, options.TableName, options.MaxValueBytes, options.Invalidation.Enabled) = ("shop", "shop_entries", 1_000, true),
            services => services.AddPostgresSolidCacheOutputStore(options => options.MaxValueBytes = 2_000).AddPostgresSolidCacheOutputStore());
        var options = node.Services.GetRequiredService<IOptionsMonitor<PostgresSolidCacheOptions>>();
        var ofStore = options.Get(SolidCacheOutputStore.ServiceKey);

        await StoreOf(node).SetAsync("key", [1], null, Hour, default);

        using (Assert.EnterMultipleScope())
        {
            Assert.That((ofStore.KeyPrefix, ofStore.TableName, ofStore.MaxValueBytes, ofStore.FailureMode), Is.EqualTo(("shop.output_cache", "shop_entries", 2_000, SolidCacheFailureMode.Degrade)));
            Assert.That((options.CurrentValue.Invalidation.Enabled, ofStore.Invalidation.Enabled), Is.EqualTo((true, false)));
            Assert.That((options.CurrentValue.KeyPrefix, options.CurrentValue.MaxValueBytes, options.CurrentValue.FailureMode), Is.EqualTo(("shop", 1_000, SolidCacheFailureMode.Throw)));
            Assert.That(await _database.ScalarAsync<string>("SELECT key FROM shop_entries"), Is.EqualTo("shop.output_cache^key"));
        }
    }

    [Test]
    public async Task It_uses_what_the_applications_cache_uses_or_what_it_is_told()
    {
        await using var other = await TestDatabase.CreateAsync();
        Action<IServiceCollection>[] applications =
        [
            services => services.AddSingleton(_database.Source).AddPostgresSolidCacheOutputStore(),
            services => services.AddPostgresSolidCache(_database.Source).AddPostgresSolidCacheOutputStore(),
            services => services.AddPostgresSolidCache(other.Source).AddPostgresSolidCacheOutputStore(options => options.ConnectionString = _database.ConnectionString),
            services => services.AddPostgresSolidCacheOutputStore(options => options.ConnectionString = _database.ConnectionString),
        ];
        foreach (var configure in applications)
        {
            var services = new ServiceCollection();
            configure(services);
            await using var provider = services.BuildServiceProvider();
            var key = NewName();

            await provider.GetRequiredService<IOutputCacheStore>().SetAsync(key, [1], null, Hour, default);

            Assert.That(await Store.GetAsync(key, default), Is.Not.Null);
        }
    }

    [Test]
    public async Task It_is_the_store_whether_output_caching_is_added_before_or_after_it()
    {
        await using var before = new ServiceCollection().AddOutputCache().AddSingleton(_database.Source).AddPostgresSolidCacheOutputStore().BuildServiceProvider();
        await using var after = new ServiceCollection().AddSingleton(_database.Source).AddPostgresSolidCacheOutputStore().AddOutputCache().BuildServiceProvider();

        Assert.That(before.GetRequiredService<IOutputCacheStore>(), Is.SameAs(before.GetRequiredService<IOutputCacheBufferStore>()));
        Assert.That(after.GetRequiredService<IOutputCacheStore>(), Is.SameAs(after.GetRequiredService<IOutputCacheBufferStore>()));
    }

    private static IOutputCacheBufferStore StoreOf(CacheHost node) => node.Services.GetRequiredService<IOutputCacheBufferStore>();

    private Task<CacheHost> StartNodeAsync() =>
        CacheHost.StartAsync(_database.ConnectionString, configureServices: services => services.AddPostgresSolidCacheOutputStore());
}
