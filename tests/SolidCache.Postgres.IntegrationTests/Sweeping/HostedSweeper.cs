using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Npgsql;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Sweeping;

public sealed class HostedSweeper
{
    private TestDatabase _database = null!;

    [SetUp]
    public async Task CreateTableAsync()
    {
        _database = await TestDatabase.CreateAsync();
        await _database.ExecuteAsync(PostgresSolidCacheSchema.GetScript());
    }

    [TearDown]
    public async Task DropDatabaseAsync() => await _database.DisposeAsync();

    [Test]
    public async Task Expired_entries_are_swept_at_start_and_after_every_interval()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await InsertExpiredAsync("first", 500);
        await using var node = await StartSweepingAsync(clock);
        await UntilAsync("SELECT last_sweep_finished_at IS NOT NULL FROM solid_cache_state", clock);
        Assert.That(await _database.ScalarAsync<long>("SELECT count(*) FROM solid_cache_entries"), Is.Zero);

        await InsertExpiredAsync("second", 500);
        await ForgetLastSweepAsync();
        await UntilAsync("SELECT count(*) = 0 FROM solid_cache_entries", clock, TimeSpan.FromMinutes(10));
    }

    [Test]
    public async Task Start_execution_and_stop_are_logged_with_their_figures()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await InsertExpiredAsync("e", 5);
        var node = await StartSweepingAsync(clock);
        await UntilAsync("SELECT last_sweep_finished_at IS NOT NULL FROM solid_cache_state", clock);
        await Eventually.LoggedAsync(node, "cache_cleanup_executed");
        await node.StopAsync();

        var logs = node.Logs.GetSnapshot().Where(record => record.Id.Name is { } name && name.StartsWith("cache_cleanup", StringComparison.Ordinal)).ToList();
        Assert.That(logs.Select(record => record.Id.Name), Is.EqualTo(
            (string[])["cache_cleanup_started", "cache_cleanup_executed", "cache_cleanup_stopped"]));
        Assert.That(logs[0].Message, Does.Contain("cache_cleanup_started - interval_seconds=3600"));
        Assert.That(logs[1].Message, Does.Contain("cache_cleanup_executed - deleted_count=5"));
        Assert.That(logs[1].StructuredState!.Single(pair => pair.Key == "DeletedCount").Value, Is.EqualTo("5"));
        Assert.That(logs.Select(record => record.Level), Is.All.EqualTo(LogLevel.Information));
        await node.DisposeAsync();
    }

    /// <summary>A sweep by hand has locked the record in which the node notes how far it is.</summary>
    [Test]
    public async Task A_pass_that_meets_a_sweep_by_hand_which_is_not_committed_goes_on()
    {
        await InsertExpiredAsync("e", 10_000);
        await using var node = await CacheHost.StartAsync(_database.ConnectionString, static options => (options.SweepExpiredEntries, options.SweepMegabytesPerSecond) = (true, 1));
        await Eventually.TrueAsync(() => _database.ScalarAsync<bool>("SELECT sweep_next_block > 0 FROM solid_cache_state"), "it sweeps");
        await using var connection = await _database.Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var command = new NpgsqlCommand("SELECT cleanup_expired_cache()", connection);
        Assert.That(await command.ExecuteScalarAsync(), Is.GreaterThan(0L), "The pass is under way.");

        await Eventually.LoggedAsync(node, "cache_cleanup_executed");
        Assert.That(node.Logs.GetSnapshot().Select(static record => record.Id.Name), Has.None.EqualTo("cache_cleanup_failed"));
    }

    [Test]
    public async Task A_pass_that_finished_within_the_interval_is_not_repeated_by_another_node()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var first = await StartSweepingAsync(clock);
        await UntilAsync("SELECT last_sweep_finished_at IS NOT NULL FROM solid_cache_state", clock);
        await InsertExpiredAsync("late", 10);

        await using var second = await StartSweepingAsync(clock);
        await Eventually.LoggedAsync(second, "cache_cleanup_skipped");

        Assert.That(await _database.ScalarAsync<long>("SELECT count(*) FROM solid_cache_entries"), Is.EqualTo(10));
    }

    [Test]
    public async Task A_node_whose_clock_is_off_deletes_nothing_that_lives()
    {
        await using (var node = await CacheHost.StartAsync(_database.ConnectionString))
        {
            await node.Cache.SetAsync("alive", [1], new() { AbsoluteExpirationRelativeToNow = TimeSpan.FromMinutes(5) });
        }

        var future = new FakeTimeProvider(DateTimeOffset.UtcNow.AddMinutes(10));
        await using var fast = await StartSweepingAsync(future);
        await UntilAsync("SELECT last_sweep_finished_at IS NOT NULL FROM solid_cache_state", future);

        Assert.That(await fast.Cache.GetAsync("alive"), Is.Not.Null);
    }

    [Test]
    public async Task A_pass_goes_on_where_a_dead_node_stopped_once_its_lease_has_ended()
    {
        await InsertExpiredAsync("e", 1_000);
        var blocks = await _database.ScalarAsync<long>("SELECT pg_relation_size('solid_cache_entries') / current_setting('block_size')::bigint");
        await _database.ExecuteAsync(
            $"UPDATE solid_cache_state SET sweep_holder = 'dead', sweep_lease_ends_at = now() + interval '1 minute', sweep_next_block = {blocks - 2}, sweep_deleted = 77, sweep_file = pg_relation_filenode('solid_cache_entries')");
        var clock = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var node = await StartSweepingAsync(clock);
        await Eventually.LoggedAsync(node, "cache_cleanup_skipped");

        Assert.That(await _database.ScalarAsync<long>("SELECT count(*) FROM solid_cache_entries"), Is.EqualTo(1_000), "The dead node's lease still runs.");

        await _database.ExecuteAsync("UPDATE solid_cache_state SET sweep_lease_ends_at = now() - interval '1 second'");
        await UntilAsync("SELECT last_sweep_finished_at IS NOT NULL FROM solid_cache_state", clock, TimeSpan.FromMinutes(10));

        var left = await _database.ScalarAsync<long>("SELECT count(*) FROM solid_cache_entries");
        Assert.That(left, Is.InRange(1, 999), "Only the last blocks were swept.");
        Assert.That(await _database.ScalarAsync<long>("SELECT last_sweep_deleted FROM solid_cache_state"), Is.EqualTo(77 + 1_000 - left));
        Assert.That(await _database.ScalarAsync<long>("SELECT sweep_next_block FROM solid_cache_state"), Is.Zero);
    }

    [Test]
    public async Task Sweepers_at_once_delete_each_row_once()
    {
        await InsertExpiredAsync("e", 20_000);
        await using var first = await CacheHost.StartAsync(_database.ConnectionString);
        await using var second = await CacheHost.StartAsync(_database.ConnectionString);

        var counts = await Task.WhenAll(first.Cache.RemoveExpiredAsync(), second.Cache.RemoveExpiredAsync(), first.Cache.RemoveExpiredAsync());

        Assert.That(counts.Sum(), Is.EqualTo(20_000));
        Assert.That(second.Logs.GetSnapshot().Single(static record => record.Id.Name == "cache_cleanup_executed").Message, Does.Contain($"deleted_count={counts[1]},"));
        Assert.That(await _database.ScalarAsync<long>("SELECT count(*) FROM solid_cache_entries"), Is.Zero);
    }

    [Test]
    public async Task A_sweep_that_fails_is_logged_and_tried_again()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var node = CacheHost.Build(
            _database.ConnectionString, options => options.SweepExpiredEntries = true, services => services.AddSingleton<TimeProvider>(clock));
        await node.StartAsync();
        await UntilAsync("SELECT last_sweep_finished_at IS NOT NULL FROM solid_cache_state", clock);
        await InsertExpiredAsync("e", 3);
        await _database.ExecuteAsync(
            """
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''not now''; END';
            CREATE TRIGGER refuse BEFORE DELETE ON solid_cache_entries FOR EACH ROW EXECUTE FUNCTION refuse();
            UPDATE solid_cache_state SET last_sweep_finished_at = now() - interval '2 days';
            """);
        await Eventually.TrueAsync(
            () =>
            {
                clock.Advance(TimeSpan.FromMinutes(1));
                return node.Logs.GetSnapshot().Any(static record => record.Id.Name == "cache_cleanup_failed");
            },
            "the sweep fails");

        await _database.ExecuteAsync("DROP FUNCTION refuse() CASCADE");
        await UntilAsync("SELECT count(*) = 0 FROM solid_cache_entries", clock, TimeSpan.FromMinutes(1));
    }

    [Test]
    public async Task A_sweep_on_a_read_only_session_is_skipped()
    {
        await InsertExpiredAsync("e", 3);
        await using var node = await CacheHost.StartAsync(
            new Npgsql.NpgsqlConnectionStringBuilder(_database.ConnectionString) { Options = "-c default_transaction_read_only=on" }.ConnectionString,
            options => options.SweepExpiredEntries = true);
        await Eventually.LoggedAsync(node, "cache_cleanup_skipped");

        Assert.That(await _database.ScalarAsync<long>("SELECT count(*) FROM solid_cache_entries"), Is.EqualTo(3));
    }

    [Test]
    public async Task A_sweeper_that_is_turned_off_does_not_sweep()
    {
        await InsertExpiredAsync("e", 3);
        await using var node = await CacheHost.StartAsync(_database.ConnectionString);
        await node.StopAsync();

        Assert.That(node.Logs.GetSnapshot().Select(record => record.Id.Name), Has.None.StartsWith("cache_cleanup"));
        Assert.That(await _database.ScalarAsync<long>("SELECT count(*) FROM solid_cache_entries"), Is.EqualTo(3));
    }

    private async Task<CacheHost> StartSweepingAsync(FakeTimeProvider clock) => await CacheHost.StartAsync(
        _database.ConnectionString,
        options => options.SweepExpiredEntries = true,
        services => services.AddSingleton<TimeProvider>(clock));

    private async Task InsertExpiredAsync(string prefix, int count) => await _database.ExecuteAsync(
        $"""
        INSERT INTO solid_cache_entries (expires_at, key, value)
        SELECT now() - interval '1 second', '{prefix}' || i, decode(repeat('ab', 500), 'hex') FROM generate_series(1, {count}) AS i
        """);

    private async Task ForgetLastSweepAsync() =>
        await _database.ExecuteAsync("UPDATE solid_cache_state SET last_sweep_finished_at = last_sweep_finished_at - interval '2 hours'");

    /// <summary>
    /// Waits for a state of the database, and lets time pass meanwhile: the pauses between the slices, or those between sweeps. In steps, since what is
    /// to wait for it may not wait yet.
    /// </summary>
    private Task UntilAsync(string condition, FakeTimeProvider clock, TimeSpan? step = null) => Eventually.TrueAsync(
        () =>
        {
            clock.Advance(step ?? TimeSpan.FromMilliseconds(5));
            return _database.ScalarAsync<bool>(condition);
        },
        condition);
}
