using Microsoft.Extensions.Caching.Distributed;
using Npgsql;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Hosting;

/// <summary>A cache that nobody registers, as tools, tests and libraries that take a cache object have it.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class WithoutContainer
{
    private TestDatabase _database = null!;

    [SetUp]
    public async Task CreateDatabaseAsync() => _database = await TestDatabase.CreateAsync();

    [TearDown]
    public async Task DropDatabaseAsync() => await _database.DisposeAsync();

    [Test]
    public async Task It_makes_its_schema_serves_and_ends()
    {
        var cache = PostgresSolidCache.Create(_database.ConnectionString, options => options.SweepExpiredEntries = false);
        await cache.SetStringAsync("a", "one");
        cache.Set("b", [1], new());

        Assert.That(await ((IDistributedCache)cache).GetStringAsync("a"), Is.EqualTo("one"));
        Assert.That(cache.Get("b"), Is.EqualTo((byte[])[1]));
        await cache.DisposeAsync();
        Assert.That(() => cache.Get("a"), Throws.TypeOf<ObjectDisposedException>());
        Assert.That(await _database.ScalarAsync<bool>("SELECT last_sweep_finished_at IS NULL FROM solid_cache_state"), Is.True);
    }

    [Test]
    public async Task It_sweeps_unless_told_otherwise()
    {
        await using var cache = PostgresSolidCache.Create(_database.ConnectionString, options => options.SweepInterval = TimeSpan.FromSeconds(1));
        await cache.SetAsync("a", [1], new() { AbsoluteExpirationRelativeToNow = TimeSpan.FromMilliseconds(1) });

        await Eventually.TrueAsync(
            async () => await _database.ScalarAsync<long>("SELECT count(*) FROM solid_cache_entries") == 0, "what has expired is swept");
    }

    [Test]
    public async Task It_leaves_a_data_source_open_that_it_was_given()
    {
        await using var source = NpgsqlDataSource.Create(_database.ConnectionString);
        using (var cache = PostgresSolidCache.Create(source))
        {
            await cache.SetAsync("a", [1], new());
            Assert.That(await cache.ExistsAsync("a"), Is.True);
        }

        await using var connection = await source.OpenConnectionAsync();
        Assert.That(connection.State, Is.EqualTo(System.Data.ConnectionState.Open));
    }

    [Test]
    public void Wrong_options_are_refused_at_once() =>
        Assert.That(
            () => PostgresSolidCache.Create(_database.ConnectionString, options => options.MaxValueBytes = 0),
            Throws.TypeOf<Microsoft.Extensions.Options.OptionsValidationException>().With.Message.StartsWith("MaxValueBytes is 0"));

    [Test]
    public async Task A_host_that_nobody_knows_is_named_with_port_and_cache()
    {
        await using var cache = PostgresSolidCache.Create("Host=no.such.host.invalid;Port=5433;Username=me;Password=se-cret", options => options.SweepExpiredEntries = false);

        Assert.That(
            () => cache.GetAsync("a"),
            Throws.TypeOf<SolidCacheException>().With.Message
                .StartsWith("The host of the cache public.solid_cache_entries has no address: no.such.host.invalid, port 5433").And.Message.Not.Contains("se-cret"));
    }

    [Test]
    public async Task A_read_only_cache_reads_with_the_right_to_nothing_else()
    {
        var role = $"reader_{Guid.NewGuid():N}";
        await using (var writer = PostgresSolidCache.Create(_database.ConnectionString))
        {
            await writer.SetStringAsync("a", "one", new DistributedCacheEntryOptions { SlidingExpiration = TimeSpan.FromMinutes(10) });
        }

        await _database.ExecuteAsync(
            $"CREATE ROLE {role} LOGIN PASSWORD 'reader'; GRANT SELECT ON solid_cache_entries, solid_cache_state, solid_cache_tag_removals TO {role}; UPDATE solid_cache_entries SET expires_at = now() + interval '1 minute'");
        await using (var reader = PostgresSolidCache.Create(_database.ConnectionStringOf(role, "reader"), options => options.ReadOnly = true))
        {
            Assert.That(await reader.GetStringAsync("a"), Is.EqualTo("one"));
            await reader.SetStringAsync("a", "two");
            await reader.RefreshAsync("a");
            Assert.That(await reader.GetStringAsync("a"), Is.EqualTo("one"));
            Assert.That(() => reader.RemoveAsync("a"), Throws.TypeOf<SolidCacheException>().With.Message.Contains("read-only"));
            Assert.That(() => reader.RemoveByPrefixAsync("a"), Throws.TypeOf<SolidCacheException>());
            Assert.That(() => reader.RemoveExpiredAsync(), Throws.TypeOf<SolidCacheException>());
            Assert.That(await reader.GetTimeToLiveAsync("a"), Is.LessThan(TimeSpan.FromMinutes(2)), "It was not extended.");
        }

        await _database.ExecuteAsync($"DROP OWNED BY {role}; DROP ROLE {role}");
    }

    [Test]
    public async Task A_default_life_ends_what_is_read_all_the_time()
    {
        await using var cache = PostgresSolidCache.Create(
            _database.ConnectionString, options => (options.DefaultAbsoluteExpiration, options.DefaultSlidingExpiration) = (TimeSpan.FromMinutes(5), TimeSpan.FromHours(1)));
        await cache.SetAsync("a", [1], new());

        Assert.That(await cache.GetTimeToLiveAsync("a"), Is.GreaterThan(TimeSpan.FromMinutes(4)).And.LessThanOrEqualTo(TimeSpan.FromMinutes(5)));
    }
}
