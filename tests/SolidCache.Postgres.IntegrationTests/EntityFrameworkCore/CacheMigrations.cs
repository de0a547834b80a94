using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.EntityFrameworkCore;

/// <summary>The cache's tables in a migration of the application's.</summary>
public sealed class CacheMigrations
{
    private const string Ours = "SELECT count(*) FROM pg_class WHERE relnamespace = '\"my cache\"'::regnamespace";

    [Test]
    public async Task A_migration_makes_the_tables_and_its_way_back_drops_them()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var context = ContextOf(database);

        await context.Database.MigrateAsync();
        await UseAsync(database);
        await context.Database.MigrateAsync("0");

        Assert.That(await database.ScalarAsync<long>(Ours), Is.Zero);
        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM pg_proc WHERE pronamespace = '\"my cache\"'::regnamespace"), Is.Zero);
    }

    [Test]
    public async Task A_migration_that_fails_after_it_leaves_nothing_behind()
    {
        await using var database = await TestDatabase.CreateAsync();
        await database.ExecuteAsync("CREATE SCHEMA \"my cache\"; CREATE TABLE later (x int);");
        await using var context = ContextOf(database);

        Assert.That(() => context.Database.MigrateAsync(), Throws.InstanceOf<Npgsql.PostgresException>());
        Assert.That(await database.ScalarAsync<long>(Ours), Is.Zero);
    }

    [TestCase(MigrationsSqlGenerationOptions.Default, 1)]
    [TestCase(MigrationsSqlGenerationOptions.Idempotent, 2)]
    public async Task A_script_of_migrations_makes_them_too(MigrationsSqlGenerationOptions options, int times)
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var context = ContextOf(database);
        var script = context.GetService<IMigrator>().GenerateScript(options: options);

        for (var time = 0; time < times; time++)
        {
            await database.ExecuteAsync(script);
        }

        await UseAsync(database);
    }

    [Test]
    public async Task A_second_migration_may_create_them_again_as_after_an_update_of_the_library()
    {
        await using var database = await TestDatabase.CreateAsync();
        await database.ExecuteAsync(PostgresSolidCacheSchema.GetScript("my cache", "entries"));
        await using var context = ContextOf(database);

        await context.Database.MigrateAsync();

        await UseAsync(database);
    }

    private static MigratedContext ContextOf(TestDatabase database) => new(new DbContextOptionsBuilder<MigratedContext>().UseNpgsql(database.Source).Options);

    private static async Task UseAsync(TestDatabase database)
    {
        await using var host = await CacheHost.StartAsync(database.ConnectionString, options =>
        {
            (options.SchemaName, options.TableName, options.CreateSchemaIfNotExists) = ("my cache", "entries", false);
        });
        await host.Cache.SetAsync("key", [1], new());
        Assert.That(await host.Cache.ExistsAsync("key"));
    }

    internal sealed class MigratedContext(DbContextOptions<MigratedContext> options) : DbContext(options);

    [DbContext(typeof(MigratedContext))]
    [Migration("20260101000000_AddSolidCache")]
    internal sealed class AddSolidCache : Migration
    {
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateSolidCache("my cache", "entries");
            migrationBuilder.Sql("CREATE TABLE later (x int);");
        }

        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql("DROP TABLE later;");
            migrationBuilder.DropSolidCache("my cache", "entries");
        }
    }
}
