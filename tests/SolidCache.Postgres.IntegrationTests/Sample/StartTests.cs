using System.Net;
using Npgsql;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Sample;

public sealed class StartTests
{
    [Test]
    public async Task A_database_that_comes_up_late_is_set_up_when_it_does()
    {
        var name = $"late_{Guid.NewGuid():N}";
        var connectionString = new NpgsqlConnectionStringBuilder(PostgresServer.ConnectionString) { Database = name }.ConnectionString;
        await using var service = new SampleService(connectionString);
        using var client = service.CreateClient();

        var before = await HealthAsync(client);
        await PostgresServer.ExecuteAsync(PostgresServer.ConnectionString, $"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'");
        try
        {
            Assert.That(before, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
            await Eventually.TrueAsync(async () => await HealthAsync(client) == HttpStatusCode.OK, "the service is healthy");
            using var admin = await service.SignInAsAdminAsync();
            using var profile = await admin.ReadAsync("/users/1");
            Assert.That(profile.Cache(), Is.EqualTo("miss"));
        }
        finally
        {
            await service.DisposeAsync();
            await PostgresServer.DropDatabaseAsync(connectionString);
        }
    }

    [Test]
    public async Task A_second_start_brings_back_nothing_that_was_taken_away()
    {
        await using var database = await TestDatabase.CreateAsync();
        await StartAsync(database);
        await database.ExecuteAsync("DELETE FROM auth.users WHERE id = 2; DELETE FROM auth.role_permissions; UPDATE auth.users SET display_name = 'Other'");
        await StartAsync(database);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM auth.users WHERE display_name = 'Other'"), Is.EqualTo(1));
            Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM auth.users"), Is.EqualTo(1));
            Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM auth.role_permissions"), Is.Zero);
        }
    }

    [Test]
    public async Task Instances_that_start_at_once_on_an_empty_database_set_it_up_once()
    {
        await using var database = await TestDatabase.CreateAsync();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => StartAsync(database))));

        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM auth.users"), Is.EqualTo(2));
        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM auth.role_permissions"), Is.EqualTo(4));
    }

    [Test]
    public async Task Users_whose_passwords_everybody_knows_stay_out_of_production()
    {
        await using var database = await TestDatabase.CreateAsync();
        await StartAsync(database, ("environment", "Production"));

        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM auth.users"), Is.Zero);
        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM auth.roles"), Is.EqualTo(3));
    }

    [Test]
    public async Task A_new_user_gets_an_id_behind_those_of_the_demo()
    {
        await using var database = await TestDatabase.CreateAsync();
        await StartAsync(database);

        Assert.That(
            await database.ScalarAsync<long>(
                "INSERT INTO auth.users (email, username, display_name, password_hash) VALUES ('b@example.com', 'bob', 'Bob', '') RETURNING id"),
            Is.EqualTo(3));
    }

    [Test]
    public async Task A_crowd_of_members_is_made_for_who_asks_for_one()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var service = new SampleService(database.ConnectionString, ("Seed:Crowd", "50"));
        using var admin = await service.SignInAsAdminAsync();
        await Eventually.TrueAsync(() => database.ScalarAsync<bool>("SELECT count(*) = 52 FROM auth.user_roles"), "the crowd is there");
        using var profile = await admin.ReadAsync("/users/52");

        Assert.That((await profile.JsonAsync()).GetProperty("roles")[0].GetString(), Is.EqualTo("member"));
    }

    private static async Task StartAsync(TestDatabase database, params (string Name, string Value)[] settings)
    {
        await using var service = new SampleService(database.ConnectionString, settings);
        using var client = service.CreateClient();
        await Eventually.TrueAsync(async () => await HealthAsync(client) == HttpStatusCode.OK, "the service is healthy");
    }

    private static async Task<HttpStatusCode> HealthAsync(HttpClient client)
    {
        using var response = await client.ReadAsync("/health");
        return response.StatusCode;
    }
}
