using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Schema;

/// <summary>Other caches and applications on the table.</summary>
public sealed class SharedTables : NeighbourFixture
{
    [Test]
    public async Task Two_caches_of_an_application_on_one_table_need_prefixes_of_their_own()
    {
        var sameOtherwise = new NpgsqlConnectionStringBuilder(Database.ConnectionString) { ApplicationName = "another way to write it" }.ConnectionString;
        await using (var node = CacheHost.Build(
            Database.ConnectionString, configureServices: services => services.AddKeyedPostgresSolidCache("sessions", options => options.ConnectionString = sameOtherwise)))
        {
            await Assert.ThatAsync(
                () => node.StartAsync(),
                Throws.TypeOf<SolidCacheException>().With.Message.Contains("'sessions'").And.Message.Contains("would overwrite each other's entries").And.Message.Contains("KeyPrefix"));
        }

        await using var apart = await CacheHost.StartAsync(
            Database.ConnectionString,
            configureServices: services => services.AddKeyedPostgresSolidCache("sessions", options => (options.ConnectionString, options.KeyPrefix) = (sameOtherwise, "sessions")));
        await apart.Cache.SetAsync("key", [1], new());
        Assert.That(await apart.Services.GetRequiredKeyedService<ISolidCache>("sessions").GetAsync("key"), Is.Null);
    }

    [Test]
    public async Task What_another_wrote_for_its_name_turns_no_terminal_that_shows_the_log()
    {
        await using var first = await CacheHost.StartAsync(Database.ConnectionString, application: "Shop\e[2J\u202E");
        await using var second = await CacheHost.StartAsync(Database.ConnectionString, application: "Crm");

        await Eventually.LoggedAsync(second, "table_shared");
        Assert.That(
            second.Logs.GetSnapshot().Single(static record => record.Id.Name == "table_shared").Message, Does.Contain("as Shop\uFFFD[2J\uFFFD did before"));
    }

    /// <summary>Of columns and roles, which whoever creates something chooses.</summary>
    [Test]
    public async Task Nor_do_the_names_that_the_catalog_holds()
    {
        await AsNeighbourAsync("CREATE TABLE solid_cache_entries (\"x\e[2J\e]0;gone\a\u202Ey\nfail: z\" int)");
        await using (var node = CacheHost.Build(OfApplication))
        {
            await Assert.ThatAsync(
                () => node.StartAsync(), Throws.TypeOf<SolidCacheException>().With.Message.Contains("x\uFFFD[2J\uFFFD]0;gone\uFFFD\uFFFDy, fail: z").And.Message.Not.Contains("\e").And.Message.Not.Contains("\n"));
        }

        await Database.ExecuteAsync("DROP TABLE solid_cache_entries");
        await PostgresServer.ExecuteAsync(OfApplication, PostgresSolidCacheSchema.GetScript());
        await Database.ExecuteAsync(
            "CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION E'\\x1b[2Jgone\\u202E' USING HINT = E'\\x1b[2J'; END $$; "
            + "CREATE TRIGGER shout BEFORE INSERT ON solid_cache_entries FOR EACH ROW EXECUTE FUNCTION shout(); REVOKE SELECT ON solid_cache_tag_removals FROM PUBLIC");
        await using var writer = await CacheHost.StartAsync(OfApplication);
        var refused = (await Assert.CatchAsync(() => writer.Cache.SetAsync("key", [1], new())))!;
        Assert.That(refused.ToString(), Does.Contain("\uFFFD[2Jgone\uFFFD").And.Not.Contain("\e").And.Not.Contain("\u202E"));
    }

    [Test]
    public async Task Two_applications_on_one_table_without_prefixes_are_told_and_the_next_version_of_one_is_not()
    {
        await using var shop = await CacheHost.StartAsync(Database.ConnectionString, application: "Shop");
        await using var nextVersion = await CacheHost.StartAsync(Database.ConnectionString, application: "Shop");
        await using var apart = await CacheHost.StartAsync(Database.ConnectionString, options => options.KeyPrefix = "crm", application: "Crm");
        await using var crm = await CacheHost.StartAsync(Database.ConnectionString, application: "Crm");

        await Eventually.LoggedAsync(crm, "table_shared");
        Assert.That(
            crm.Logs.GetSnapshot().Single(static record => record.Id.Name == "table_shared").Message,
            Does.StartWith("The application Crm uses the table of the cache public.solid_cache_entries without a key prefix, as Shop did before.").And.Contain("give each a KeyPrefix or a TableName"));
        Assert.That(
            ((CacheHost[])[shop, nextVersion, apart]).SelectMany(static node => node.Logs.GetSnapshot()).Select(static record => record.Id.Name), Has.None.EqualTo("table_shared"));
    }

    [Test]
    public async Task Whose_table_it_is_keeps_nobody_from_it()
    {
        await using (await CacheHost.StartAsync(Database.ConnectionString, application: "Shop"))
        {
        }

        await Database.ExecuteAsync($"GRANT SELECT ON solid_cache_entries, solid_cache_state, solid_cache_tag_removals TO {Application}");
        await using var connection = await Database.Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var locking = new NpgsqlCommand("SELECT FROM solid_cache_state FOR UPDATE", connection);
        await locking.ExecuteNonQueryAsync();

        await using var writer = await CacheHost.StartAsync(Database.ConnectionString, application: "Crm");
        await using var reader = await CacheHost.StartAsync(OfApplication, options => options.CreateSchemaIfNotExists = false, application: "Reports");
        await writer.Cache.SetAsync("key", [1], new());
        Assert.That(await reader.Cache.GetAsync("key"), Is.EqualTo((byte[])[1]));
    }
}
