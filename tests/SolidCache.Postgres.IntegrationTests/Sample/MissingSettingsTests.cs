using System.Diagnostics;

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

    [Test]
    public async Task A_connection_string_that_cannot_be_read_is_not_shown()
    {
        var (exitCode, error) = await RunAsync(("ConnectionStrings__Postgres", "Passwort=se-cret"));

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
