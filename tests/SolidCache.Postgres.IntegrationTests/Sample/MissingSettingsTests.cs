using System.Diagnostics;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Sample;

/// <summary>The service as a process of its own, started without something that it needs.</summary>
public sealed class MissingSettingsTests
{
    private const string Database = "Host=127.0.0.1;Username=someone;Password=se-cret";

    [Test]
    public async Task Without_a_database_it_says_how_to_give_it_one()
    {
        var (exitCode, error) = await RunAsync();

        Assert.That(exitCode, Is.EqualTo(1));
        Assert.That(error, Is.EqualTo(
            "There is no database. Set ConnectionStrings__Postgres to a PostgreSQL database, or run ./demo.sh, which finds or starts a server.\n"));
    }

    [TestCase("Passwort=se-cret")]
    [TestCase("Host=127.0.0.1;Port=99999;Password=se-cret")]
    [TestCase("Host=127.0.0.1:99999;Password=se-cret")]
    [TestCase("Host=127.0.0.1:99999999999;Password=se-cret")]
    [TestCase("Host=127.0.0.1;Username=me Password=se-cret")]
    [TestCase("postgresql://me:se-cret@127.0.0.1/shop")]
    public async Task A_connection_string_that_cannot_be_used_is_not_shown(string connectionString)
    {
        var (exitCode, error) = await RunAsync(("ConnectionStrings__Postgres", connectionString));

        Assert.That(exitCode, Is.EqualTo(1));
        Assert.That(error, Does.Match(@"\AConnectionStrings__Postgres .*\n\z").And.Not.Contain("se-cret"));
    }

    [Test]
    public async Task A_connection_string_of_Redis_that_cannot_be_read_is_not_shown()
    {
        var (exitCode, error) = await RunAsync(("ConnectionStrings__Postgres", Database), ("ConnectionStrings__Redis", "host,no-such-option=se-cret"));

        Assert.That(exitCode, Is.EqualTo(1));
        Assert.That(error, Does.Match(@"\AConnectionStrings__Redis .*\n\z").And.Not.Contain("se-cret"));
    }

    [Test]
    public async Task Without_a_signing_key_it_says_how_to_give_it_one()
    {
        var (exitCode, error) = await RunAsync(("ConnectionStrings__Postgres", Database));

        Assert.That(exitCode, Is.EqualTo(1));
        Assert.That(error, Does.Match(@"\AThere is no key .* Set Jwt__SigningKey .* 32 bytes.*\n\z"));
    }

    [Test]
    public async Task A_signing_key_that_is_too_short_is_refused_and_not_shown()
    {
        var (exitCode, error) = await RunAsync(("ConnectionStrings__Postgres", Database), ("Jwt__SigningKey", "short-secret"));

        Assert.That(exitCode, Is.EqualTo(1));
        Assert.That(error, Does.Contain("has 12 bytes").And.Not.Contain("short-secret"));
    }

    [Test]
    public async Task A_signing_key_of_spaces_is_none()
    {
        var (exitCode, error) = await RunAsync(("ConnectionStrings__Postgres", Database), ("Jwt__SigningKey", new string(' ', 40)));

        Assert.That(exitCode, Is.EqualTo(1));
        Assert.That(error, Does.StartWith("There is no key "));
    }

    [TestCase("Seed__DemoUsers", "yes", "true or false")]
    [TestCase("Metrics__AllowRemote", "0", "true or false")]
    [TestCase("RateLimits__PerAddress", "20/min", "a whole number above 0")]
    [TestCase("RateLimits__PerAccount", "0", "a whole number above 0")]
    [TestCase("Passwords__Iterations", "-1", "a whole number above 0")]
    [TestCase("Seed__Crowd", "many", "a whole number from 0")]
    [TestCase("Seed__Crowd", "-1", "a whole number from 0")]
    [TestCase("Profiles__Lifetime", "5", "a span of time above 00:00:00, as 00:10:00, or 1.00:00:00 for a day")]
    [TestCase("Profiles__Lifetime", "24:00:00", "a span of time above 00:00:00, as 00:10:00, or 1.00:00:00 for a day")]
    [TestCase("Profiles__Lifetime", "ten minutes", "a span of time above 00:00:00, as 00:10:00, or 1.00:00:00 for a day")]
    public async Task A_setting_that_cannot_be_what_it_says_is_named(string setting, string value, string wanted)
    {
        var (exitCode, error) = await RunAsync(
            ("ConnectionStrings__Postgres", Database), ("Jwt__SigningKey", SampleService.SigningKey), (setting, value));

        Assert.That(exitCode, Is.EqualTo(1));
        Assert.That(error, Is.EqualTo($"{setting} is no such thing as {wanted}: '{value}'.\n"));
    }

    [TestCase("CREATE SCHEMA auth", Description = "Whose schema it is may drop what others make in it.")]
    [TestCase("CREATE SCHEMA auth; CREATE TABLE auth.users (id bigint)", Description = "Whose table it is reads it, and has the service call his triggers.")]
    public async Task Nothing_is_kept_in_what_another_role_made_before(string statements)
    {
        await using var database = await TestDatabase.CreateAsync();
        var (owner, role) = ($"owner_{Guid.NewGuid():N}", $"service_{Guid.NewGuid():N}");
        await database.ExecuteAsync(
            $"""
            CREATE ROLE {owner};
            CREATE ROLE {role} LOGIN PASSWORD 'secret';
            DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO {owner}, {role}', current_database()); END $$;
            GRANT CREATE ON SCHEMA public TO {role};
            SET ROLE {owner};
            {statements};
            GRANT ALL ON SCHEMA auth TO PUBLIC;
            GRANT ALL ON ALL TABLES IN SCHEMA auth TO PUBLIC;
            RESET ROLE;
            """);
        try
        {
            var (exitCode, error) = await RunAsync(
                ("ConnectionStrings__Postgres", database.ConnectionStringOf(role, "secret")), ("Jwt__SigningKey", SampleService.SigningKey));

            Assert.That(exitCode, Is.EqualTo(1));
            Assert.That(error, Does.StartWith("The schema auth, or a table in it, belongs to the role ").And.Contains(owner));
            Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM pg_class WHERE relnamespace = 'auth'::regnamespace AND relname = 'roles'"), Is.Zero);
        }
        finally
        {
            await database.ExecuteAsync($"DROP OWNED BY {owner}, {role} CASCADE; DROP ROLE {owner}, {role}");
        }
    }

    private static async Task<(int ExitCode, string Error)> RunAsync(params (string Name, string Value)[] variables)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(Program).Assembly.Location]) { RedirectStandardError = true, RedirectStandardOutput = true };
        start.Environment["DOTNET_ENVIRONMENT"] = "Production";
        foreach (var name in new[] { "ASPNETCORE_ENVIRONMENT", "ConnectionStrings__Postgres", "ConnectionStrings__Redis", "Jwt__SigningKey" })
        {
            start.Environment.Remove(name);
        }

        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(patience.Token);
            var error = await process.StandardError.ReadToEndAsync(patience.Token);
            await output;
            await process.WaitForExitAsync(patience.Token);
            return (process.ExitCode, error.ReplaceLineEndings("\n"));
        }
        finally
        {
            process.Kill(entireProcessTree: true);
        }
    }
}
