using Npgsql;
using SolidCache.Postgres.IntegrationTests.Documentation;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Operations;

/// <summary>The sweep by pg_cron, on a server that has it.</summary>
[Category(OneServer.Category)]
public sealed class PgCron
{
    private const string Settings = "-c shared_preload_libraries=pg_cron -c cron.database_name=postgres -c cron.use_background_workers=on";

    [Test]
    public async Task What_the_page_schedules_removes_what_has_expired_and_nothing_else()
    {
        await using var cluster = await OwnCluster.StartAsync(Settings);
        await using var source = NpgsqlDataSource.Create(cluster.ConnectionString);
        await ExecuteAsync(source, PostgresSolidCacheSchema.GetScript());
        foreach (var block in DocumentedBlock.Of("docs/operations.md").Where(block => block is { Language: "sql", Remark: "pg_cron" }))
        {
            await ExecuteAsync(source, block.Text);
        }

        Assert.That(await ScalarAsync<string>(source, "SELECT command FROM cron.job"), Is.EqualTo("SELECT public.cleanup_expired_cache(NULL::public.solid_cache_count);"));
        await ExecuteAsync(
            source,
            """
            INSERT INTO solid_cache_entries (key, value, expires_at)
            VALUES ('old', '', now() - interval '1 second'), ('live', '', now() + interval '2 hours')
            """);
        // The same job, and the procedure's, every minute instead of every hour: pg_cron knows no shorter time before its version 1.5.
        await ExecuteAsync(source, "UPDATE cron.job SET schedule = '* * * * *'; SELECT cron.schedule('sweep', '* * * * *', 'CALL public.sweep_expired_cache(64::public.solid_cache_count)')");

        await Eventually.TrueAsync(
            async () => await ScalarAsync<long>(source, "SELECT count(DISTINCT command) FROM cron.job_run_details WHERE status = 'succeeded'") == 2,
            "both jobs have succeeded",
            TimeSpan.FromMinutes(2));
        Assert.That(await ScalarAsync<long>(source, "SELECT count(*) FROM cron.job_run_details WHERE status = 'failed'"), Is.Zero);
        Assert.That(await ScalarAsync<string>(source, "SELECT string_agg(key, ',') FROM solid_cache_entries"), Is.EqualTo("live"));
    }

    private static async Task ExecuteAsync(NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<T> ScalarAsync<T>(NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }
}
