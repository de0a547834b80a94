using System.Diagnostics;
using Npgsql;
using SolidCache.Postgres.IntegrationTests.Sample;

namespace SolidCache.Postgres.IntegrationTests.Tool;

/// <summary>What a failure is to a script: one line and an exit code, and no secret.</summary>
public sealed class ToolFailures : ToolFixture
{
    [Test]
    public async Task A_server_that_is_away_is_one_line()
    {
        var away = new NpgsqlConnectionStringBuilder(Database.ConnectionString) { Host = "127.0.0.1", Port = 1, Password = "se-cret" };
        var run = await ToolRun.OfAsync("stats", "--connection-string", away.ConnectionString);

        Assert.That(run.ExitCode, Is.EqualTo(69));
        Assert.That(run.Error.Trim().Split('\n'), Has.Length.EqualTo(1));
        Assert.That(run.Error, Does.StartWith("solid-cache: The server does not answer").And.Not.Contain("se-cret"));
    }

    [Test]
    public async Task A_server_without_TLS_is_told_from_one_that_is_away([Values("stats", "verify", "migrate", "get key")] string command)
    {
        var run = await ToolRun.OfAsync([.. command.Split(' '), "--connection-string", $"{Database.ConnectionString};SSL Mode=Require"]);

        Assert.That(run.ExitCode, Is.EqualTo(69));
        Assert.That(run.Error, Does.StartWith("solid-cache: The server answers, and has no TLS, which SSL Mode in the connection string asks for: turn it on there"));
    }

    [Test]
    public async Task A_host_that_nobody_knows_is_named()
    {
        var run = await ToolRun.OfAsync("stats", "--connection-string", "postgresql://me:se-cret@no.such.host.invalid:5433/shop");

        Assert.That(run.ExitCode, Is.EqualTo(69));
        Assert.That(run.Error, Does.Contain("no.such.host.invalid, port 5433").And.Not.Contain("se-cret"));
    }

    [Test]
    public async Task A_login_that_is_refused_is_one_line()
    {
        var run = await ToolRun.OfAsync("stats", "--connection-string", Database.ConnectionStringOf("nobody_at_all", "se-cret"));

        Assert.That(run.ExitCode, Is.EqualTo(69));
        Assert.That(run.Error.Trim().Split('\n'), Has.Length.EqualTo(1));
        Assert.That(run.Error, Does.Not.Contain("se-cret"));
    }

    [Test]
    public async Task A_connection_string_that_cannot_be_read_is_not_shown()
    {
        var run = await ToolRun.OfAsync("stats", "--connection-string", "Hots=1;Password=se-cret");

        Assert.That(run.ExitCode, Is.EqualTo(78));
        Assert.That(run.Error, Does.Not.Contain("se-cret"));
    }

    [TestCase("host=127.0.0.1 port=5432 user=app password=se-cret")]
    [TestCase("Host=127.0.0.1\nPassword=se-cret")]
    public async Task Nor_is_one_of_another_notation_whose_host_would_be_all_of_it(string connectionString)
    {
        var run = await ToolRun.OfAsync("stats", "--connection-string", connectionString);

        Assert.That(run.ExitCode, Is.EqualTo(78));
        Assert.That(run.Error, Does.Contain("it is not shown").And.Not.Contain("se-cret"));
    }

    [TestCase("Host=127.0.0.1;Port=99999;Password=se-cret", "There is no port above 65535")]
    [TestCase("postgresql://me:se-cret@127.0.0.1:99999/shop", "There is no port above 65535")]
    [TestCase("Host=127.0.0.1;Read Buffer Size=1024;Password=se-cret", "Read Buffer Size is 1024, and Npgsql opens no connection with less than 4096: raise it in the connection string, or leave it out")]
    [TestCase("postgresql://me:se-cret@127.0.0.1/shop?service=x", "Npgsql has nothing for the URI's parameter service")]
    public async Task What_is_wrong_with_one_is_told(string connectionString, string told)
    {
        var run = await ToolRun.OfAsync("verify", "--connection-string", connectionString);

        Assert.That(run.ExitCode, Is.EqualTo(78));
        Assert.That(run.Error, Does.Contain(told).And.Not.Contain("se-cret"));
    }

    /// <summary>The server would be asked for the user, or the database, and repeat it.</summary>
    [TestCase("Host=127.0.0.1;Username=app Password=se-cret", "Username")]
    [TestCase("Host=127.0.0.1;Username=app;Password=x;Database=shop SslPassword=se-cret", "Database")]
    [TestCase("Host=127.0.0.1;Username=app;Password=x;Search Path=public,Password = se-cret", "Search Path")]
    [TestCase("Host=postgresql://app:se-cret@nowhere.invalid/shop", "Host")]
    [TestCase("Host=app:se-cret@nowhere.invalid", "Host")]
    public async Task Nor_is_one_whose_password_a_missing_sign_puts_into_another_value(string connectionString, string keyword)
    {
        var run = await ToolRun.OfAsync("stats", "--connection-string", connectionString);

        Assert.That(run.ExitCode, Is.EqualTo(78));
        Assert.That(run.Error, Does.Contain($"The value of {keyword} holds more than itself: the parts of a connection string are parted by semicolons").And.Not.Contain("se-cret"));
    }

    [TestCase("stats", "--conection-string", "Host=127.0.0.1;Username=app;Password=se-cret")]
    [TestCase("stats", "--conection-string=Host=127.0.0.1;Password=se-cret")]
    [TestCase("stats", "postgresql://app:se-cret@127.0.0.1/app")]
    [TestCase("stats", "--connection-string", "Host=127.0.0.1", "PASSWORD=se-cret")]
    [TestCase("Host=127.0.0.1;Password=se-cret")]
    [TestCase("stats", "--password", "se-cret")]
    [TestCase("stats", "-p", "se-cret")]
    [TestCase("stats", "-pse-cret")]
    [TestCase("stats", "--connection-string", "Host=127.0.0.1;", "Password=", "x", "se-cret")]
    public async Task Nor_is_one_that_stands_where_none_is_expected(params string[] arguments)
    {
        var run = await ToolRun.OfAsync(arguments);

        Assert.That(run.ExitCode, Is.EqualTo(64));
        Assert.That(run.Error, Does.Contain("not shown"));
        Assert.That(run.Error + run.Output, Does.Not.Contain("se-cret"));
    }

    [Test]
    public async Task A_missing_table_says_what_to_run()
    {
        var run = await RunAsync("stats");

        Assert.That(run.ExitCode, Is.EqualTo(70));
        Assert.That(run.Error.Trim().Split('\n'), Has.Length.EqualTo(1));
        Assert.That(run.Error, Does.Contain("public.solid_cache_entries").And.Contain("Run solid-cache migrate").And.Not.Contain("CreateSchemaIfNotExists"));
    }

    [TestCase("frobnicate")]
    [TestCase("rm")]
    [TestCase("rm a --prefix b")]
    [TestCase("stats --watch 0")]
    [TestCase("verify --iterations 1")]
    [TestCase("stats --table")]
    [TestCase("stats --table a_state")]
    public async Task What_cannot_be_understood_is_a_usage_error(string arguments)
    {
        var run = await RunAsync(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.That(run.ExitCode, Is.EqualTo(64));
        Assert.That(run.Error, Does.StartWith("solid-cache: "));
    }

    [TestCase("statz", "stats")]
    [TestCase("stats --jsno", "--json")]
    public async Task What_was_meant_by_a_typing_error_is_told(string arguments, string meant)
    {
        var run = await RunAsync(arguments.Split(' '));

        Assert.That(run.ExitCode, Is.EqualTo(64));
        Assert.That(run.Error.Split('\n'), Does.Contain($"solid-cache: {meant}"));
    }

    [Test]
    public async Task Without_a_command_it_shows_its_help_under_the_name_that_is_typed()
    {
        var run = await ToolRun.OfAsync();

        Assert.That(run.ExitCode, Is.EqualTo(64));
        Assert.That(run.Output, Does.Contain("solid-cache [command] [options]").And.Contain("PGPASSFILE"));
        Assert.That((await ToolRun.OfAsync("stats", "--help")).Output, Does.Contain("solid-cache stats [options]"));
    }

    [TestCase("--schema", "public\u0007$solid_cache$", "--schema or --table: ")]
    [TestCase("--key-prefix", "a^b", "--key-prefix: ")]
    [TestCase("--connection-string", " ", "--connection-string is empty.")]
    [TestCase("--user-secrets", "a/b", "The user secrets cannot be read: ")]
    public async Task Odd_settings_are_one_line_in_the_words_of_the_command_line(string option, string value, string told)
    {
        string[] target = option is "--connection-string" or "--user-secrets" ? [] : ["--connection-string", Database.ConnectionString];
        var run = await ToolRun.OfAsync(["stats", option, value, .. target]);

        Assert.That(run.ExitCode, Is.EqualTo(64).Or.EqualTo(78));
        Assert.That(run.Error, Does.StartWith($"solid-cache: {told}").And.Not.Contain("(Parameter").And.Not.Contain("\u0007"));
        Assert.That(run.Error.Trim().Split('\n'), Has.Length.EqualTo(1));
    }

    [Test]
    public async Task A_servers_message_cannot_write_over_the_terminal()
    {
        await using var services = await MigratedCacheAsync("one");
        var role = $"rm_{Guid.NewGuid():N}";
        await Database.ExecuteAsync(
            "CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION E'\\x1b[2Jgone\\u202E'; END $$; "
            + "CREATE TRIGGER shout BEFORE DELETE ON solid_cache_entries FOR EACH ROW EXECUTE FUNCTION shout(); "
            + $"CREATE ROLE {role} LOGIN PASSWORD 'secret'; GRANT SELECT, INSERT, UPDATE, DELETE ON solid_cache_entries, solid_cache_state, solid_cache_tag_removals TO {role}");
        var run = await ToolRun.OfAsync("rm", "one", "--connection-string", Database.ConnectionStringOf(role, "secret") + ";Pooling=false");
        await Database.ExecuteAsync($"DROP OWNED BY {role}; DROP ROLE {role}");

        Assert.That(run.ExitCode, Is.EqualTo(70));
        Assert.That(run.Error, Does.Contain("\uFFFD[2Jgone\uFFFD"));
    }

    /// <summary>The program itself: its exit code, plain output behind a pipe, the variable, and an interruption.</summary>
    [Test]
    public async Task The_program_takes_its_connection_string_from_the_environment_and_ends_when_interrupted()
    {
        await using var services = await MigratedCacheAsync("one");
        using var watching = Start("stats", "--json", "--watch", "1");
        var line = await watching.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30));
        using var kill = Process.Start("kill", ["-INT", $"{watching.Id}"]);
        await watching.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));

        Assert.That(line, Does.StartWith("{\"total_entries\":1,"));
        Assert.That(watching.ExitCode, Is.EqualTo(130));
        Assert.That(await watching.StandardError.ReadToEndAsync(), Is.Empty);
    }

    [Test]
    public async Task A_watch_ends_when_nobody_reads_it_any_more()
    {
        await using var services = await MigratedCacheAsync("one");
        using var watching = Start("stats", "--json", "--watch", "1");
        await watching.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30));
        watching.StandardOutput.Close();
        await watching.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));

        Assert.That(watching.ExitCode, Is.EqualTo(73));
        Assert.That(await watching.StandardError.ReadToEndAsync(), Is.Empty);
    }

    [TestCase("stats >&-")]
    [TestCase("stats >/dev/full")]
    [TestCase("migrate --script >&-")]
    public async Task An_output_that_cannot_be_written_is_no_matter_of_the_connection_string(string arguments)
    {
        await using var services = await MigratedCacheAsync("one");
        var start = ToolProgram.Of([]);
        var program = new ProcessStartInfo("sh", ["-c", $"exec \"$@\" {arguments}", "sh", start.FileName, .. start.ArgumentList]) { RedirectStandardError = true };
        using var writing = Run(program);
        await writing.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));

        Assert.That(writing.ExitCode, Is.EqualTo(73));
        Assert.That(await writing.StandardError.ReadToEndAsync(), Does.StartWith("solid-cache: The output cannot be written: "));
    }

    [Test]
    public async Task A_server_that_is_silent_is_told_by_every_command_as_the_cache_tells_it([Values("stats", "verify", "migrate")] string command)
    {
        await using var silent = new SilentServer(Database.ConnectionString);
        silent.FallSilent();
        var run = await ToolRun.OfAsync(command, "--connection-string", new NpgsqlConnectionStringBuilder(silent.ConnectionString) { Timeout = 1 }.ConnectionString);

        Assert.That(run.ExitCode, Is.EqualTo(69));
        Assert.That(run.Error, Does.StartWith("solid-cache: The server does not answer: The cache public.solid_cache_entries had no answer from its server within"));
    }

    private Process Start(params string[] arguments) => Run(ToolProgram.Of(arguments));

    private Process Run(ProcessStartInfo start)
    {
        start.Environment["ConnectionStrings__SolidCache"] = Database.ConnectionString;
        return Process.Start(start)!;
    }
}
