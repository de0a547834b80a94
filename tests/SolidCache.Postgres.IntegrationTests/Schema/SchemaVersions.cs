using Npgsql;
using SolidCache.Postgres.Diagnostics;
using SolidCache.Postgres.Entries;
using SolidCache.Postgres.IntegrationTests.Infrastructure;
using SolidCache.Postgres.Schema;
using SolidCache.Postgres.Sql;

namespace SolidCache.Postgres.IntegrationTests.Schema;

/// <summary>Libraries of different versions on one schema. The next version is this one and a migration of the test's.</summary>
public sealed class SchemaVersions
{
    private static readonly SqlNames Names = new(new TableName(TableName.DefaultSchema, TableName.DefaultTable));
    private static readonly IReadOnlyList<Migration> Next =
    [
        .. Migration.All,
        new(PostgresSolidCacheSchema.Version + 1, $"ALTER TABLE {{entries}} ADD COLUMN note text; UPDATE {{state}} SET schema_version = {PostgresSolidCacheSchema.Version + 1}"),
    ];

    private TestDatabase _database = null!;

    [SetUp]
    public async Task CreateDatabaseAsync() => _database = await TestDatabase.CreateAsync();

    [TearDown]
    public async Task DropDatabaseAsync() => await _database.DisposeAsync();

    [Test]
    public async Task An_older_library_works_on_while_a_newer_one_upgrades_the_schema()
    {
        await using var old = await CacheHost.StartAsync(_database.ConnectionString);
        await old.Cache.SetAsync("key", [1], new());

        await PassGateAsync(Next);

        Assert.That(await old.Cache.GetAsync("key"), Is.EqualTo(new byte[] { 1 }));
        await old.Cache.SetAsync("key", [2], new());
        await using var restarted = await CacheHost.StartAsync(_database.ConnectionString);
        Assert.That(await restarted.Cache.GetAsync("key"), Is.EqualTo(new byte[] { 2 }));
        Assert.That(await _database.ScalarAsync<int>("SELECT schema_version FROM solid_cache_state"), Is.EqualTo(PostgresSolidCacheSchema.Version + 1));
    }

    [Test]
    public async Task A_newer_schema_that_asks_for_a_newer_library_is_refused_at_start()
    {
        await PassGateAsync(Next);
        await _database.ExecuteAsync("UPDATE solid_cache_state SET minimum_library_version = schema_version");

        await using var node = CacheHost.Build(_database.ConnectionString);

        await Assert.ThatAsync(
            () => node.StartAsync(), Throws.TypeOf<SolidCacheException>().With.Message.Contains("Update the package SolidCache.Postgres"));
    }

    [Test]
    public async Task An_older_schema_is_upgraded_from_where_it_stands()
    {
        await using (var node = await CacheHost.StartAsync(_database.ConnectionString))
        {
            await node.Cache.SetAsync("key", [1], new());
        }

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => PassGateAsync(Next)));

        Assert.That(await _database.ScalarAsync<long>("SELECT count(*) FROM solid_cache_entries WHERE note IS NULL"), Is.EqualTo(1));
    }

    [Test]
    public async Task An_older_schema_that_may_not_be_upgraded_is_refused()
    {
        await PassGateAsync(Migration.All);

        await Assert.ThatAsync(
            () => PassGateAsync(Next, createSchema: false),
            Throws.TypeOf<SolidCacheException>().With.Message.Contains($"has version {PostgresSolidCacheSchema.Version}; this library needs {PostgresSolidCacheSchema.Version + 1}"));
    }

    [Test]
    public async Task A_migration_that_fails_leaves_the_schema_as_it_was()
    {
        await PassGateAsync(Migration.All);
        IReadOnlyList<Migration> broken = [.. Next, new(PostgresSolidCacheSchema.Version + 2, "SELECT 1 / 0")];

        await Assert.ThatAsync(() => PassGateAsync(broken), Throws.TypeOf<PostgresException>());

        Assert.That(await _database.ScalarAsync<int>("SELECT schema_version FROM solid_cache_state"), Is.EqualTo(PostgresSolidCacheSchema.Version));
        await PassGateAsync(Next);
    }

    [Test]
    public async Task The_script_refuses_a_schema_that_is_newer_than_itself()
    {
        await PassGateAsync(Next);

        await Assert.ThatAsync(
            () => _database.ExecuteAsync(PostgresSolidCacheSchema.GetScript()), Throws.TypeOf<PostgresException>().With.Message.Contains($"version {PostgresSolidCacheSchema.Version + 1} already"));
    }

    private async Task PassGateAsync(IReadOnlyList<Migration> migrations, bool createSchema = true)
    {
        var log = new Log(Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance);
        var gate = new SchemaGate(Names, migrations, createSchema, unloggedTable: false, TimeProvider.System, log);
        using var session = new Session(await _database.Source.OpenConnectionAsync(), TimeSpan.FromSeconds(5));
        gate.Ensure(session);
    }
}
