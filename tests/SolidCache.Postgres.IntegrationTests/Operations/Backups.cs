using Npgsql;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Operations;

/// <summary>A dump without the cache's rows, as docs/operations.md makes it.</summary>
[Category(OneServer.Category)]
public sealed class Backups
{
    [Test]
    public async Task A_restored_dump_has_the_table_without_rows_and_the_cache_works_on_it()
    {
        // The tools are Debian's, and pg_dump refuses servers that are newer than itself.
        await using var cluster = await OwnCluster.StartAsync("");
        await using var source = NpgsqlDataSource.Create(cluster.ConnectionString);
        await ExecuteAsync(source, "CREATE DATABASE restored");
        await using (var host = await CacheHost.StartAsync(cluster.ConnectionString))
        {
            await host.Cache.SetAsync("key", [1], new());
        }

        var restored = new NpgsqlConnectionStringBuilder(cluster.ConnectionString) { Database = "restored" }.ConnectionString;
        await CopyAsync(cluster.ConnectionString, restored);
        await using var node = await CacheHost.StartAsync(restored);

        Assert.That(await node.Cache.GetAsync("key"), Is.Null);
        await node.Cache.SetAsync("key", [2], new());
        Assert.That(await node.Cache.GetAsync("key"), Is.EqualTo((byte[])[2]));
        Assert.That(node.Logs.GetSnapshot().Select(record => record.Id.Name), Has.None.EqualTo("schema_migrated"), "The state came along.");
    }

    private static async Task CopyAsync(string from, string to)
    {
        var file = Path.GetTempFileName();
        var (source, target) = (new NpgsqlConnectionStringBuilder(from), new NpgsqlConnectionStringBuilder(to));
        await ShellProgram.RunAsync("pg_dump", ["--exclude-table-data=solid_cache_entries", $"--file={file}", .. Login(source)], Password(source));
        await ShellProgram.RunAsync("psql", ["--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1", $"--file={file}", .. Login(target)], Password(target));
        File.Delete(file);
    }

    private static string[] Login(NpgsqlConnectionStringBuilder login) =>
        [$"--host={login.Host}", $"--port={login.Port}", $"--username={login.Username}", $"--dbname={login.Database}"];

    private static (string Name, string Value) Password(NpgsqlConnectionStringBuilder login) => ("PGPASSWORD", login.Password ?? "");

    private static async Task ExecuteAsync(NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
