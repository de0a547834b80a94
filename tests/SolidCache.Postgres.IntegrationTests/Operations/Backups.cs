using Npgsql;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Operations;

/// <summary>A dump without the cache's rows, as docs/operations.md makes it.</summary>
[Category(OneServer.Category)]
public sealed class Backups
{
    private OwnCluster _cluster = null!;
    private NpgsqlDataSource _source = null!;

    /// <summary>The tools are Debian's, and pg_dump refuses servers that are newer than itself.</summary>
    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _cluster = await OwnCluster.StartAsync("");
        _source = NpgsqlDataSource.Create(_cluster.ConnectionString);
        await using var host = await CacheHost.StartAsync(_cluster.ConnectionString);
        await host.Cache.SetAsync("key", [1], new());
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await _source.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    [Test]
    public async Task A_restored_dump_has_the_table_without_rows_and_the_cache_works_on_it()
    {
        var restored = await CreateAsync("restored");
        await CopyAsync(restored, stops: true, "--exclude-table-data=solid_cache_entries");
        await using var node = await CacheHost.StartAsync(restored);

        Assert.That(await node.Cache.GetAsync("key"), Is.Null);
        await node.Cache.SetAsync("key", [2], new());
        Assert.That(await node.Cache.GetAsync("key"), Is.EqualTo((byte[])[2]));
        Assert.That(node.Logs.GetSnapshot().Select(record => record.Id.Name), Has.None.EqualTo("schema_migrated"), "The state came along.");
    }

    [TestCase("--schema-only")]
    [TestCase("--exclude-table-data=solid_cache_*")]
    public async Task A_dump_without_the_row_of_the_state_gets_one(string option)
    {
        var restored = await CreateAsync($"restored_{Guid.NewGuid():N}");
        await CopyAsync(restored, stops: true, option);
        await using var node = await CacheHost.StartAsync(restored);

        await node.Cache.SetAsync("key", [2], new());
        await node.Cache.RemoveExpiredAsync();
        Assert.That((await node.Cache.GetStatisticsAsync()).TimeSinceLastSweep, Is.Not.Null);
    }

    [Test]
    public async Task Rows_alone_are_restored_beside_a_row_of_the_state_that_is_there()
    {
        var restored = await CreateAsync("rows_alone");
        await using var node = await CacheHost.StartAsync(restored);
        await CopyAsync(restored, stops: false, "--data-only");

        Assert.That(await node.Cache.GetAsync("key"), Is.EqualTo((byte[])[1]));
        await using var next = await CacheHost.StartAsync(restored);
        Assert.That(await next.Cache.GetAsync("key"), Is.EqualTo((byte[])[1]));
    }

    private async Task<string> CreateAsync(string name)
    {
        await using var command = _source.CreateCommand($"CREATE DATABASE {name}");
        await command.ExecuteNonQueryAsync();
        return new NpgsqlConnectionStringBuilder(_cluster.ConnectionString) { Database = name }.ConnectionString;
    }

    private async Task CopyAsync(string to, bool stops, string option)
    {
        var file = Path.GetTempFileName();
        var (source, target) = (new NpgsqlConnectionStringBuilder(_cluster.ConnectionString), new NpgsqlConnectionStringBuilder(to));
        await ShellProgram.RunAsync("pg_dump", [option, $"--file={file}", .. Login(source)], Password(source));
        await ShellProgram.RunAsync("psql", ["--quiet", "--no-psqlrc", $"--set=ON_ERROR_STOP={(stops ? 1 : 0)}", $"--file={file}", .. Login(target)], Password(target));
        File.Delete(file);
    }

    private static string[] Login(NpgsqlConnectionStringBuilder login) =>
        [$"--host={login.Host}", $"--port={login.Port}", $"--username={login.Username}", $"--dbname={login.Database}"];

    private static (string Name, string Value) Password(NpgsqlConnectionStringBuilder login) => ("PGPASSWORD", login.Password ?? "");
}
