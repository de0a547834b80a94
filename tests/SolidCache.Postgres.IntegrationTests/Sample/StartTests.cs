using System.Net;
using System.Net.Http.Json;
using Npgsql;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Sample;

public sealed class StartTests
{
    // Each fits a call of the service's, or of the driver's, better than what PostgreSQL has, and so is preferred wherever it is found.
    private const string Shadows =
        """
        CREATE FUNCTION public.hashtextextended(text, integer) RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'hijacked'; END $$;
        CREATE FUNCTION public.setval(text, bigint) RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'hijacked'; END $$;
        CREATE FUNCTION public.append(text[], text) RETURNS text[] LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'hijacked'; END $$;
        CREATE AGGREGATE public.array_agg(text) (SFUNC = public.append, STYPE = text[]);
        CREATE FUNCTION public.same(oid, regproc) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'hijacked'; END $$;
        CREATE OPERATOR public.= (LEFTARG = oid, RIGHTARG = regproc, FUNCTION = public.same);
        """;

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
    public async Task Users_whose_passwords_everybody_knows_are_locked_out_of_a_database_that_goes_into_production()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var development = new SampleService(database.ConnectionString);
        using var developer = development.CreateClient();
        using var session = await SignInAsync(developer);
        var refreshToken = (await session.JsonAsync()).GetProperty("refreshToken").GetString();

        await using var production = new SampleService(database.ConnectionString, ("environment", "Production"));
        using var client = production.CreateClient();
        using var signIn = await SignInAsync(client);
        using var refresh = await client.PostAsJsonAsync("/auth/refresh", new { refreshToken });

        Assert.That(session.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((signIn.StatusCode, refresh.StatusCode), Is.EqualTo((HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized)));
    }

    [Test]
    public async Task Nor_do_they_sign_in_to_production_while_the_start_waits_for_the_database()
    {
        await using var database = await TestDatabase.CreateAsync();
        await StartAsync(database);
        await using var source = NpgsqlDataSource.Create(database.ConnectionString);
        await using var held = await HeldLock.TakeAsync(source, "LOCK TABLE auth.settings IN SHARE ROW EXCLUSIVE MODE");
        await using var production = new SampleService(database.ConnectionString, ("environment", "Production"));
        using var client = production.CreateClient();
        using var signIn = await SignInAsync(client);

        Assert.That(signIn.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(await HealthAsync(client), Is.EqualTo(HttpStatusCode.ServiceUnavailable));
    }

    [Test]
    public async Task Nor_when_an_instance_in_development_seeds_the_database_of_one_in_production()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var production = new SampleService(database.ConnectionString, ("environment", "Production"));
        using var client = production.CreateClient();
        await StartAsync(database);
        using var signIn = await SignInAsync(client);

        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM auth.users"), Is.EqualTo(2));
        Assert.That(signIn.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [Test]
    public async Task Nor_does_a_session_of_such_an_instance_go_on_in_production()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var production = new SampleService(database.ConnectionString, ("environment", "Production"));
        using var client = production.CreateClient();
        await Eventually.TrueAsync(async () => await HealthAsync(client) == HttpStatusCode.OK, "the service is healthy");
        await using var development = new SampleService(database.ConnectionString);
        using var developer = development.CreateClient();
        using var session = await SignInAsync(developer);
        var reply = await session.JsonAsync();
        var refreshToken = reply.GetProperty("refreshToken").GetString();
        using var admin = production.WithToken(reply.GetProperty("accessToken").GetString()!);
        using var change = await admin.PostAsJsonAsync("/auth/change-password", new { currentPassword = "Admin-demo-1", newPassword = "of whoever came" });
        using var refresh = await client.PostAsJsonAsync("/auth/refresh", new { refreshToken });
        using var back = await developer.PostAsJsonAsync("/auth/refresh", new { refreshToken });

        Assert.That(session.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(change.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That((refresh.StatusCode, back.StatusCode), Is.EqualTo((HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized)), "The session is over.");
    }

    [Test]
    public async Task A_user_of_the_demo_with_a_password_of_its_own_keeps_it()
    {
        await using var database = await TestDatabase.CreateAsync();
        await StartAsync(database);
        await database.ExecuteAsync("UPDATE auth.users SET password_hash = 'itsown=='");
        await StartAsync(database, ("environment", "Production"));

        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM auth.users WHERE password_hash = 'itsown=='"), Is.EqualTo(2));
    }

    [Test]
    public async Task What_others_make_in_the_public_schema_is_never_called()
    {
        await using var database = await TestDatabase.CreateAsync();
        await database.ExecuteAsync(Shadows);
        await using var service = new SampleService(database.ConnectionString);
        using var client = service.CreateClient();
        await Eventually.TrueAsync(async () => await HealthAsync(client) == HttpStatusCode.OK, "the service is healthy");
        using var admin = await service.SignInAsAdminAsync();

        foreach (var path in (string[])["/users/1?useCache=false", "/users", "/roles", "/settings", "/statistics/users"])
        {
            using var response = await admin.ReadAsync(path);
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK), path);
        }
    }

    [Test]
    public async Task A_database_of_before_sessions_is_brought_up_to_date()
    {
        await using var database = await TestDatabase.CreateAsync();
        await StartAsync(database);
        await database.ExecuteAsync(
            """
            DROP TABLE auth.refresh_tokens, auth.sessions;
            CREATE TABLE auth.refresh_tokens (token_hash bytea PRIMARY KEY, family uuid NOT NULL, user_id bigint NOT NULL, expires_at timestamptz NOT NULL);
            """);
        await StartAsync(database);
        await StartAsync(database);
        await using var service = new SampleService(database.ConnectionString);
        using var alice = await service.SignInAsAliceAsync();

        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM auth.sessions JOIN auth.refresh_tokens ON session_id = id"), Is.EqualTo(1));
    }

    [TestCase("SELECT FROM auth.users, auth.sessions, auth.refresh_tokens", Description = "As a dump does, for hours; and whoever signs in waits behind who waits for it.")]
    [TestCase("UPDATE auth.users SET updated_at = now() WHERE id = 2; UPDATE auth.sessions SET ended_at = now(); UPDATE auth.refresh_tokens SET used_at = now()")]
    public async Task A_further_start_waits_for_nobody_who_reads_or_writes_users(string statement)
    {
        await using var database = await TestDatabase.CreateAsync();
        await StartAsync(database);
        await using var source = NpgsqlDataSource.Create(database.ConnectionString);
        await using var held = await HeldLock.TakeAsync(source, statement);

        await StartAsync(database);
    }

    /// <summary>Those of the keys that the service once had; it takes none any more.</summary>
    [Test]
    public async Task Who_may_only_connect_holds_up_neither_a_start_nor_a_change_of_roles()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var source = NpgsqlDataSource.Create(database.ConnectionString);
        await using var held = await HeldLock.TakeAsync(
            source, "SELECT pg_advisory_xact_lock(hashtextextended('auth-service schema', 0)), pg_advisory_xact_lock(hashtextextended('auth-service roles', 0))");
        await StartAsync(database);
        await using var service = new SampleService(database.ConnectionString);
        using var admin = await service.SignInAsAdminAsync();
        using var change = await admin.PutTextAsync("/users/2/roles", """{"roles":["support"]}""");

        Assert.That(change.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task A_function_of_a_neighbours_beside_the_caches_own_holds_up_no_further_start()
    {
        await using var database = await TestDatabase.CreateAsync();
        await StartAsync(database);
        await database.ExecuteAsync("CREATE FUNCTION public.solid_cache_remove_on_change(regclass, text, text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'hijacked'; END $$");

        await StartAsync(database);
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

    private static Task<HttpResponseMessage> SignInAsync(HttpClient client) =>
        client.PostAsJsonAsync("/auth/sign-in", new { email = "admin@example.com", password = "Admin-demo-1" });

    private static async Task StartAsync(TestDatabase database, params (string Name, string? Value)[] settings)
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
