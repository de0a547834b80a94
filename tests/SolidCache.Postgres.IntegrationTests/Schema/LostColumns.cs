using Npgsql;
using SolidCache.Postgres.IntegrationTests.Infrastructure;
using SolidCache.Postgres.IntegrationTests.Tool;

namespace SolidCache.Postgres.IntegrationTests.Schema;

/// <summary>Columns that somebody has dropped, altered or added, in any of the tables.</summary>
public sealed class LostColumns
{
    private TestDatabase _database = null!;

    [SetUp]
    public async Task CreateDatabaseAsync()
    {
        _database = await TestDatabase.CreateAsync();
        await _database.ExecuteAsync(PostgresSolidCacheSchema.GetScript());
    }

    [TearDown]
    public async Task DropDatabaseAsync() => await _database.DisposeAsync();

    [TestCase("solid_cache_tag_removals", "swept_at timestamp with time zone")]
    [TestCase("solid_cache_state", "last_sweep_deleted bigint")]
    [TestCase("solid_cache_state", "sweep_next_block bigint")]
    [TestCase("solid_cache_state", "identity uuid")]
    [TestCase("solid_cache_invalidations", "tags text[]")]
    [TestCase("solid_cache_invalidations", "written_at timestamp with time zone")]
    [TestCase("solid_cache_entries", "stale_for bigint")]
    public async Task A_column_that_is_missing_is_made_anew_or_named(string table, string column)
    {
        var drop = $"ALTER TABLE {table} DROP COLUMN {column.Split(' ')[0]}";
        await _database.ExecuteAsync(drop);
        await using (var node = CacheHost.Build(_database.ConnectionString, options => options.CreateSchemaIfNotExists = false))
        {
            await Assert.ThatAsync(
                () => node.StartAsync(),
                Throws.TypeOf<SolidCacheException>().With.Message.Contains($"\"{table}\" lacks {column}").And.Message.Contains($"ALTER TABLE \"public\".\"{table}\" ADD COLUMN {column}"));
        }

        Assert.That((await ToolRun.OfAsync("verify", "--connection-string", _database.ConnectionString)).Error, Does.Contain($"\"{table}\" lacks {column}"));
        Assert.That((await ToolRun.OfAsync("migrate", "--connection-string", _database.ConnectionString)).ExitCode, Is.Zero);
        await WorksAsync();

        await _database.ExecuteAsync(drop);
        await _database.ExecuteAsync(PostgresSolidCacheSchema.GetScript());
        await WorksAsync();
    }

    [TestCase("solid_cache_entries ALTER tags TYPE varchar(20)[]", "has its column tags as character varying(20)[]", "ALTER COLUMN tags TYPE text[]")]
    [TestCase("solid_cache_state ALTER sweep_next_block TYPE int", "has its column sweep_next_block as integer", "ALTER COLUMN sweep_next_block TYPE bigint")]
    [TestCase("solid_cache_tag_removals ALTER swept_at TYPE timestamp", "has its column swept_at as timestamp without", "ALTER COLUMN swept_at TYPE timestamp with time zone")]
    [TestCase("solid_cache_invalidations ALTER channel TYPE varchar(9)", "has its column channel as character varying(9)", "ALTER COLUMN channel TYPE text")]
    public async Task A_column_of_another_type_is_refused(string alter, string what, string mend)
    {
        await RefusesAsync($"ALTER TABLE {alter}", what, mend);

        await Assert.ThatAsync(
            () => _database.ExecuteAsync(PostgresSolidCacheSchema.GetScript()),
            Throws.TypeOf<PostgresException>().With.Message.Contains("and not").And.Property(nameof(PostgresException.Hint)).Contains(mend));
    }

    [TestCase("solid_cache_entries ADD COLUMN \"My note\" text NOT NULL", "\"My note\", which may not be null", "ALTER COLUMN \"My note\" DROP NOT NULL")]
    [TestCase("solid_cache_tag_removals ADD COLUMN note text NOT NULL", "\"note\", which may not be null", "ALTER COLUMN \"note\" DROP NOT NULL")]
    [TestCase("solid_cache_entries ALTER lease SET NOT NULL", "has its column lease as NOT NULL", "ALTER COLUMN lease DROP NOT NULL")]
    [TestCase("solid_cache_entries ALTER value SET NOT NULL", "has its column value as NOT NULL", "ALTER COLUMN value DROP NOT NULL")]
    [TestCase("solid_cache_entries ALTER created_at DROP DEFAULT", "lacks the default of its column created_at", "SET DEFAULT pg_catalog.now()")]
    [TestCase("solid_cache_tag_removals ALTER removed_by DROP DEFAULT", "lacks the default of its column removed_by", "SET DEFAULT pg_catalog.pg_current_xact_id()")]
    [TestCase("solid_cache_entries DROP CONSTRAINT solid_cache_entries_pkey, ADD PRIMARY KEY (key) DEFERRABLE", "which is deferrable", "DROP CONSTRAINT solid_cache_entries_pkey, ADD PRIMARY KEY (key))")]
    [TestCase("solid_cache_state DROP CONSTRAINT solid_cache_state_pkey, ADD PRIMARY KEY (singleton) DEFERRABLE INITIALLY DEFERRED", "which is deferrable", "ADD PRIMARY KEY (singleton))")]
    public async Task What_no_row_could_be_written_with_is_refused(string alter, string what, string mend) => await RefusesAsync($"ALTER TABLE {alter}", what, mend);

    [TestCase("CREATE TABLE parent (LIKE solid_cache_entries); ALTER TABLE solid_cache_entries INHERIT parent", "a child of public.parent", "NO INHERIT")]
    [TestCase("CREATE TABLE parent (LIKE solid_cache_entries) PARTITION BY HASH (key); ALTER TABLE parent ATTACH PARTITION solid_cache_entries FOR VALUES WITH (MODULUS 1, REMAINDER 0)", "a partition or", "DETACH PARTITION")]
    [TestCase("CREATE TYPE row_of AS (expires_at timestamptz, created_at timestamptz, sliding_expiration bigint, absolute_expiration timestamptz, key text COLLATE \"C\", value bytea); DROP TABLE solid_cache_entries; CREATE TABLE solid_cache_entries OF row_of (PRIMARY KEY (key))", "of the type row_of", "NOT OF")]
    public async Task A_table_that_is_a_part_of_somebody_elses_is_refused_without_a_state_too(string sql, string what, string mend) =>
        await RefusesAsync($"{sql}; DROP TABLE solid_cache_state", what, mend);

    [TestCase("note text")]
    [TestCase("note text NOT NULL DEFAULT ''")]
    [TestCase("number bigint NOT NULL GENERATED ALWAYS AS IDENTITY")]
    [TestCase("number bigint NOT NULL GENERATED ALWAYS AS (length(key)) STORED")]
    public async Task A_column_that_somebody_has_added_and_that_fills_itself_does_not_matter(string column)
    {
        await _database.ExecuteAsync($"ALTER TABLE solid_cache_entries ADD COLUMN {column}; ALTER TABLE solid_cache_state ADD COLUMN note text");

        await _database.ExecuteAsync(PostgresSolidCacheSchema.GetScript());
        await WorksAsync();
    }

    private async Task RefusesAsync(string sql, string what, string mend)
    {
        await _database.ExecuteAsync(sql);
        foreach (var creates in (bool[])[true, false])
        {
            await using var node = CacheHost.Build(_database.ConnectionString, options => options.CreateSchemaIfNotExists = creates);
            await Assert.ThatAsync(() => node.StartAsync(), Throws.TypeOf<SolidCacheException>().With.Message.Contains(what).And.Message.Contains(mend));
        }

        var migrate = await ToolRun.OfAsync("migrate", "--connection-string", _database.ConnectionString);
        Assert.That((migrate.ExitCode, migrate.Error), Is.EqualTo((70, migrate.Error)));
        Assert.That(migrate.Error, Does.Contain(what).And.Contain(mend));
    }

    private async Task WorksAsync()
    {
        await using var node = await CacheHost.StartAsync(_database.ConnectionString, static options => options.Invalidation.Enabled = true);
        await node.Cache.SetAsync("key", [1], new SolidCacheEntryOptions { Tags = ["tag"] });
        await node.Cache.RemoveByTagAsync("tag");
        await node.Cache.RemoveExpiredAsync();
        Assert.That(await node.Cache.GetAsync("key"), Is.Null);
        Assert.That((await ToolRun.OfAsync("verify", "--connection-string", _database.ConnectionString)).ExitCode, Is.Zero);
    }
}
