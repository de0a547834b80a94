using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Npgsql;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Hosting;

/// <summary>The application's own clock is asked what time it is for entries, and never how long a call may take.</summary>
public sealed class FakedClocks
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);
    private readonly FakeTimeProvider _clock = new();
    private TestDatabase _database = null!;
    private CacheHost _node = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _database = await TestDatabase.CreateAsync();
        _node = await CacheHost.StartAsync(
            _database.ConnectionString, options => options.OperationTimeout = Limit, services => services.AddSingleton<TimeProvider>(_clock));
        await _node.Cache.SetAsync("key", [1], new());
    }

    [TearDown]
    public async Task StopAsync()
    {
        await _node.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Test]
    public async Task A_call_ends_at_its_limit_although_the_clock_stands_still()
    {
        await using var table = await LockedTableAsync();

        await Assert.ThatAsync(() => _node.Cache.SetAsync("key", [2], new()), Throws.TypeOf<SolidCacheException>().Or.TypeOf<TimeoutException>());
        await Assert.ThatAsync(() => _node.Cache.GetAsync("key"), Throws.TypeOf<SolidCacheException>().Or.TypeOf<TimeoutException>());
    }

    [Test]
    public async Task A_clock_that_goes_on_by_a_day_ends_no_call()
    {
        await using var table = await LockedTableAsync();
        Task[] calls = [_node.Cache.SetAsync("key", [2], new()), _node.Cache.GetAsync("key"), _node.Cache.RemoveAsync("other")];
        _clock.Advance(TimeSpan.FromDays(1));
        await Task.Delay(100);
        Assert.That(calls.Any(static call => call.IsCompleted), Is.False);

        await table.DisposeAsync();
        await Task.WhenAll(calls);
    }

    private async Task<NpgsqlConnection> LockedTableAsync()
    {
        var connection = await _database.Source.OpenConnectionAsync();
        await using var command = new NpgsqlCommand("BEGIN; LOCK TABLE solid_cache_entries", connection);
        await command.ExecuteNonQueryAsync();
        return connection;
    }
}
