using Npgsql;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Removal;

/// <summary>
/// What deletes rows for what they were leaves what was set since it looked. It is held between the two by a lock on the records of removed tags, which it asks of a row that was
/// removed by its tag.
/// </summary>
public sealed class SetMeanwhile
{
    private static readonly SolidCacheEntryOptions Tagged = new() { Tags = ["tag"], AbsoluteExpirationRelativeToNow = TimeSpan.FromHours(1) };
    private TestDatabase _database = null!;
    private CacheHost _node = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _database = await TestDatabase.CreateAsync();
        _node = await CacheHost.StartAsync(_database.ConnectionString, static options => options.SweepExpiredEntries = false);
    }

    [TearDown]
    public async Task StopAsync()
    {
        await _node.DisposeAsync();
        await _database.DisposeAsync();
    }

    [TestCase("SELECT cleanup_expired_cache()")]
    [TestCase("CALL sweep_expired_cache()")]
    [TestCase(null)]
    public async Task A_sweep_leaves_it(string? sql)
    {
        await _node.Cache.SetAsync("removed", [1], Tagged);
        await _node.Cache.SetAsync("expired", [1], Tagged);
        await _database.ExecuteAsync(
            """
            UPDATE solid_cache_entries SET expires_at = '-infinity' WHERE key = 'expired';
            SELECT solid_cache_remove_by_tag('tag');
            """);
        await using var records = await LockRecordsAsync();
        var sweep = sql is null ? _node.Cache.RemoveExpiredAsync() : _database.ScalarAsync<long>(sql);
        await UntilHeldAsync();

        await SetAsync("expired");
        await records.DisposeAsync();

        Assert.That(await sweep, Is.EqualTo(1));
        Assert.That(await _node.Cache.GetAsync("expired"), Is.EqualTo((byte[])[2]));
    }

    [Test]
    public async Task A_removal_by_tag_leaves_it()
    {
        // More than it deletes at once, and held in the middle of it, before it looks at the rest.
        const int Rows = 2_000;
        await Task.WhenAll(Enumerable.Range(0, Rows).Select(number => _node.Cache.SetAsync($"key:{number:0000}", [1], Tagged)));
        await _database.ExecuteAsync(
            """
            CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_advisory_xact_lock_shared(1); RETURN OLD; END';
            CREATE TRIGGER hold BEFORE DELETE ON solid_cache_entries FOR EACH ROW EXECUTE FUNCTION hold();
            """);
        await using var deletion = await HoldAsync("SELECT pg_advisory_xact_lock(1)");
        var removal = _node.Cache.RemoveByTagAsync("tag");
        await UntilHeldAsync();
        var records = LockRecordsAsync();
        await UntilHeldAsync(2);
        await deletion.DisposeAsync();
        await using var held = await records;
        await UntilHeldAsync();

        var kept = $"key:{Rows - 1:0000}";
        await SetAsync(kept);
        await held.DisposeAsync();

        await removal;
        Assert.That(await _node.Cache.GetAsync(kept), Is.EqualTo((byte[])[2]));
        Assert.That(await _database.ScalarAsync<long>("SELECT count(*) FROM solid_cache_entries"), Is.EqualTo(1));
    }

    /// <summary>By a snapshot that is later than what looks.</summary>
    private async Task SetAsync(string key)
    {
        await _database.ExecuteAsync("SELECT pg_current_xact_id()");
        await _node.Cache.SetAsync(key, [2], Tagged);
    }

    private Task<NpgsqlConnection> LockRecordsAsync() => HoldAsync("LOCK TABLE solid_cache_tag_removals");

    /// <summary>A transaction that ends with its connection.</summary>
    private async Task<NpgsqlConnection> HoldAsync(string sql)
    {
        var connection = new NpgsqlConnection(_database.ConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        await connection.BeginTransactionAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
        return connection;
    }

    private Task UntilHeldAsync(int sessions = 1) => Eventually.TrueAsync(
        async () => await _database.ScalarAsync<long>("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted AND (database = (SELECT oid FROM pg_database WHERE datname = current_database()))") == sessions,
        "it waits for the lock");
}
