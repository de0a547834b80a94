using System.Diagnostics;
using System.Runtime.Versioning;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Operations;

/// <summary>The scripts of eng, with other programs in the place of those that they call.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[Category(OneServer.Category)]
[UnsupportedOSPlatform("windows")]
public sealed class Scripts
{
    private readonly string _folder = Directory.CreateTempSubdirectory("solidcache-scripts.").FullName;

    [SetUp]
    public void LetOthersIn() => File.SetUnixFileMode(_folder, (UnixFileMode)0b111_101_101);

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task Root_writes_and_reads_nothing_in_the_folder_of_the_servers_user()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            Assert.Ignore("Run it as root: only then the server has a user of its own, to whom the folder is handed over.");
        }

        // The server's user at its worst: what root might take for a file of the server's is a link to one of root's.
        var precious = Path.Combine(_folder, "precious");
        await File.WriteAllTextAsync(precious, "root's own");
        File.SetUnixFileMode(precious, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var links = $"mkdir -p data; for name in log password data/postgresql.conf data/PG_VERSION; do ln -sf {precious} $name; done";
        await AddProgramAsync("initdb", links);
        await AddProgramAsync("pg_ctl", $"{links}; exit 1");

        var (_, output) = await BashAsync(
            """
            say() { echo "$*"; }
            source eng/postgres/binaries.sh
            source eng/postgres/cluster.sh
            start_cluster "$FOLDER" 2>&1 || true
            stop_cluster 2>&1
            """);

        Assert.That(await File.ReadAllTextAsync(precious), Is.EqualTo("root's own"));
        Assert.That(await BashAsync("stat --format '%U %a' \"$FOLDER/precious\""), Is.EqualTo((0, "root 600\n")));
        Assert.That(output, Does.Not.Contain("root's own"));
    }

    [Test]
    public async Task The_password_of_a_container_is_in_no_command_line()
    {
        await AddProgramAsync("docker", "echo \"$@\" >>$FOLDER/calls; [[ $1 != run ]] || echo \"$POSTGRES_PASSWORD\" >$FOLDER/given");
        var (exitCode, output) = await BashAsync(
            """
            say() { :; }
            PATH=$FOLDER:$PATH
            source eng/postgres/cluster.sh
            source eng/postgres/container.sh
            start_container 18
            [[ $(<"$FOLDER/given") == "$container_password" ]] && ! grep -F "$container_password" "$FOLDER/calls"
            """);

        Assert.That(exitCode, Is.Zero, output);
    }

    [Test]
    public async Task Redis_is_not_roots_and_takes_nothing_without_the_password_that_no_command_line_has()
    {
        var (exitCode, output) = await BashAsync(
            """
            eng/with-redis.sh --export REDIS -- bash -c '
              address=${REDIS%%,*} password=${REDIS##*,password=}
              [[ ${#password} -ge 32 ]] || exit 2
              seen=0
              for process in /proc/[0-9]*; do
                line=$(tr "\0" " " 2>/dev/null <$process/cmdline) || continue
                [[ $line != *$password* ]] || { echo "$line"; exit 3; }
                [[ $line == "redis-server 127.0.0.1:${address##*:}"* ]] || continue
                (( seen += 1 ))
                [[ $(stat --format %U $process) != root ]] || exit 4
              done
              (( seen == 1 )) || exit 5
              exec 3<>"/dev/tcp/${address%:*}/${address##*:}"
              printf "PING\r\n" >&3; read -r refused <&3
              printf "AUTH $password\r\nPING\r\n" >&3; read -r ok <&3; read -r pong <&3
              [[ $refused == -NOAUTH* && $ok == +OK* && $pong == +PONG* ]]'
            """);

        Assert.That(exitCode, Is.Zero, output);
    }

    [Test]
    public async Task The_tour_shows_no_token_in_a_command_line()
    {
        // It ends where the answer is not the expected one; by then it has used the token.
        await AddProgramAsync("curl", """echo "$*" >>$FOLDER/calls; for ((n = 1; n < $#; n++)); do [[ ${!n} != --output ]] || { m=$((n + 1)); echo '{"accessToken":"secret-token","total_users":3}' >${!m}; }; done; echo 200 0.000001""");
        await BashAsync("PATH=$FOLDER:$PATH eng/demo-tour.sh http://127.0.0.1:1 2>&1");
        var calls = await File.ReadAllTextAsync(Path.Combine(_folder, "calls"));

        Assert.That(calls, Does.Contain("/users/[1004-1203]"));
        Assert.That(calls, Does.Not.Contain("secret-token"));
    }

    [TestCase("""{"resources":[{"@type":"VulnerabilityInfo/6.7.0"}]}""", "Restored", false)]
    [TestCase("""{"resources":[{"@type":"PackageBaseAddress/3.0.0"}]}""", "Restored", true)]
    [TestCase("""{"resources":[{"@type":"VulnerabilityInfo/6.7.0"}]}""", "warning NU1900: Error occurred while getting package vulnerability data", true)]
    public async Task A_restore_says_when_the_packages_could_not_be_audited(string feed, string restored, bool isNoted)
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "index.json"), feed);
        await AddDotnetAsync(restored);
        var (exitCode, output) = await BashAsync("PATH=$FOLDER:$PATH eng/restore.sh");

        Assert.That(exitCode, Is.Zero);
        Assert.That(output, Does.Contain(restored));
        Assert.That(output.Contains("NOT AUDITED", StringComparison.Ordinal), Is.EqualTo(isNoted), output);
    }

    [Test]
    public async Task A_restore_is_locked_and_fails_where_the_packages_are_others()
    {
        await AddDotnetAsync("error NU1004: The packages lock file is inconsistent", "[[ $* == *--locked-mode* ]] && exit 1");
        var (exitCode, output) = await BashAsync("PATH=$FOLDER:$PATH eng/restore.sh 2>&1");

        Assert.That(exitCode, Is.EqualTo(1));
        Assert.That(output, Does.Contain("NU1004"));
    }

    private Task AddDotnetAsync(string restored, string atTheEnd = "") => AddProgramAsync(
        "dotnet",
        $"""
        case $1 in
          --version) sed -n 's/^locked_by=//p' eng/restore.sh ;;
          nuget) echo "E file://{_folder}/index.json" ;;
          restore) echo '{restored}'; {atTheEnd} ;;
        esac
        """);

    private async Task AddProgramAsync(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        await File.WriteAllTextAsync(path, $"#!/usr/bin/env bash\n{text}\n");
        File.SetUnixFileMode(path, (UnixFileMode)0b111_101_101);
    }

    /// <summary>Runs a script in the repository's folder; FOLDER is that of the other programs.</summary>
    private async Task<(int ExitCode, string Output)> BashAsync(string script)
    {
        var start = new ProcessStartInfo("bash", ["-c", script])
        {
            WorkingDirectory = RepositoryRoot.Path,
            RedirectStandardOutput = true,
            Environment = { ["FOLDER"] = _folder },
        };
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output);
    }
}
