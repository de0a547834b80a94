using Npgsql;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Sweeping;

/// <summary>The function and the procedure that schedulers outside the application call.</summary>
public sealed class SqlSweeps
{
    private TestDatabase _database = null!;

    [SetUp]
    public async Task FillAsync()
    {
        _database = await TestDatabase.CreateAsync();
        await _database.ExecuteAsync(PostgresSolidCacheSchema.GetScript());
        await _database.ExecuteAsync(
            """
            INSERT INTO solid_cache_entries (expires_at, key, value)
            SELECT CASE WHEN i % 2 = 0 THEN now() - interval '1 second' ELSE 'infinity' END, 'k' || i, decode(repeat('ab', 500), 'hex')
            FROM generate_series(1, 2000) AS i
            """);
    }

    [TearDown]
    public async Task DropDatabaseAsync() => await _database.DisposeAsync();

    [Test]
    public async Task The_function_deletes_all_expired_entries_and_returns_their_number()
    {
        Assert.That(await _database.ScalarAsync<long>("SELECT cleanup_expired_cache()"), Is.EqualTo(1_000));
        Assert.That(await _database.ScalarAsync<long>("SELECT cleanup_expired_cache()"), Is.Zero);
        Assert.That(await RemainingAsync(), Is.EqualTo((1_000L, 0L)));
    }

    [Test]
    public async Task The_function_deletes_at_most_as_many_as_it_is_told()
    {
        Assert.That(await _database.ScalarAsync<long>("SELECT cleanup_expired_cache(300)"), Is.EqualTo(300));
        Assert.That(await _database.ScalarAsync<long>("SELECT cleanup_expired_cache(0)"), Is.Zero);
        Assert.That(await RemainingAsync(), Is.EqualTo((1_700L, 700L)));
        await Assert.ThatAsync(() => _database.ScalarAsync<long>("SELECT cleanup_expired_cache(-1)"), Throws.TypeOf<PostgresException>());
    }

    [Test]
    public async Task The_procedure_deletes_all_expired_entries_in_transactions_of_their_own()
    {
        var before = await _database.ScalarAsync<string>("SELECT pg_current_xact_id()::text");

        Assert.That(await _database.ScalarAsync<long>("CALL sweep_expired_cache(10, 0)"), Is.EqualTo(1_000));

        var after = await _database.ScalarAsync<string>("SELECT pg_current_xact_id()::text");
        Assert.That(await RemainingAsync(), Is.EqualTo((1_000L, 0L)));
        Assert.That(long.Parse(after, null) - long.Parse(before, null), Is.GreaterThan(20), "Thirty slices of ten blocks, a transaction each.");
    }

    [Test]
    public async Task The_procedure_refuses_slices_without_blocks() =>
        await Assert.ThatAsync(
            () => _database.ScalarAsync<long>("CALL sweep_expired_cache(0)"),
            Throws.TypeOf<PostgresException>().With.Message.Contains("blocks_per_slice is 0, but must be at least 1"));

    [TestCase("SELECT cleanup_expired_cache()")]
    [TestCase("CALL sweep_expired_cache()")]
    public async Task Neither_waits_for_a_row_that_a_transaction_holds(string sweep)
    {
        await using var connection = await _database.Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var command = new NpgsqlCommand("SELECT 1 FROM solid_cache_entries WHERE key = 'k2' FOR UPDATE", connection);
        await command.ExecuteNonQueryAsync();

        Assert.That(await _database.ScalarAsync<long>(sweep), Is.EqualTo(999));
    }

    /// <summary>A sweep that is not committed has its record, and keeps no other from its end; nor a node, which is not to sweep beside it.</summary>
    [Test]
    public async Task Nor_for_another_sweep_that_is_not_committed()
    {
        await _database.ExecuteAsync("SELECT solid_cache_remove_by_tag('tag')");
        await using var connection = await _database.Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var command = new NpgsqlCommand("SELECT cleanup_expired_cache()", connection);
        await command.ExecuteNonQueryAsync();
        await using var node = await CacheHost.StartAsync(_database.ConnectionString);

        foreach (var sweep in (Func<Task<long>>[])
            [
                () => _database.ScalarAsync<long>("SELECT cleanup_expired_cache()"),
                () => _database.ScalarAsync<long>("CALL sweep_expired_cache()"),
                () => node.Cache.RemoveExpiredAsync(),
            ])
        {
            await _database.ExecuteAsync("INSERT INTO solid_cache_entries (expires_at, key, value) VALUES ('-infinity', 'expired', '')");
            Assert.That(await sweep().WaitAsync(TimeSpan.FromSeconds(4)), Is.EqualTo(1));
        }

        Assert.That(node.Logs.GetSnapshot().Select(static record => record.Id.Name), Has.None.EqualTo("cache_cleanup_failed"));
        Assert.That(await _database.ScalarAsync<bool>("SELECT last_sweep_finished_at IS NULL FROM solid_cache_state"), Is.True);
    }

    [Test]
    public async Task The_function_leaves_the_limit_of_waits_as_it_was()
    {
        await using var connection = await _database.Source.OpenConnectionAsync();
        await using var command = new NpgsqlCommand("BEGIN; SET LOCAL lock_timeout = '7s'; SELECT cleanup_expired_cache(); SHOW lock_timeout", connection);
        await using var reader = await command.ExecuteReaderAsync();
        await reader.NextResultAsync();
        await reader.ReadAsync();

        Assert.That(reader.GetString(0), Is.EqualTo("7s"));
    }

    [TestCase("SELECT cleanup_expired_cache()")]
    [TestCase("CALL sweep_expired_cache()")]
    public async Task Both_are_recorded_as_the_last_sweep(string sweep)
    {
        await using var node = await CacheHost.StartAsync(_database.ConnectionString);
        Assert.That((await node.Cache.GetStatisticsAsync()).TimeSinceLastSweep, Is.Null);

        await _database.ScalarAsync<long>(sweep);

        Assert.That((await node.Cache.GetStatisticsAsync()).TimeSinceLastSweep, Is.LessThan(TimeSpan.FromMinutes(1)));
        Assert.That(await _database.ScalarAsync<long>("SELECT last_sweep_deleted FROM solid_cache_state"), Is.EqualTo(1_000));
    }

    [TestCase("SELECT public.cleanup_expired_cache()")]
    [TestCase("CALL public.sweep_expired_cache()")]
    public async Task What_a_callers_search_path_holds_is_not_called(string sweep)
    {
        await _database.ExecuteAsync(
            """
            CREATE SCHEMA trap;
            CREATE FUNCTION trap.now() RETURNS timestamptz LANGUAGE sql AS $$ SELECT 'infinity'::timestamptz $$;
            CREATE FUNCTION trap.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS $$ SELECT 'infinity'::timestamptz $$;
            CREATE FUNCTION trap.always(timestamptz, timestamptz) RETURNS boolean LANGUAGE sql AS $$ SELECT true $$;
            CREATE OPERATOR trap.<= (LEFTARG = timestamptz, RIGHTARG = timestamptz, FUNCTION = trap.always);
            """);
        var trapped = new NpgsqlConnectionStringBuilder(_database.ConnectionString) { SearchPath = "trap,pg_catalog" }.ConnectionString;

        Assert.That(await PostgresServer.ScalarAsync<long>(trapped, sweep), Is.EqualTo(1_000));
        Assert.That(await RemainingAsync(), Is.EqualTo((1_000L, 0L)));
    }

    private async Task<(long Total, long Expired)> RemainingAsync() => (
        await _database.ScalarAsync<long>("SELECT count(*) FROM solid_cache_entries"),
        await _database.ScalarAsync<long>("SELECT count(*) FROM solid_cache_entries WHERE expires_at <= now()"));
}
