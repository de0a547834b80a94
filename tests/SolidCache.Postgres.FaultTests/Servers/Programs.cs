using System.ComponentModel;
using System.Diagnostics;

namespace SolidCache.Postgres.FaultTests.Servers;

/// <summary>The programs that the tests run, by a user that PostgreSQL accepts: it refuses to run as root.</summary>
internal static class Programs
{
    private const string PostgresVariable = "SOLIDCACHE_FAULT_POSTGRES";
    private const string User = "postgres";

    /// <summary>The folder of PostgreSQL's programs.</summary>
    public static string Postgres { get; } = Environment.GetEnvironmentVariable(PostgresVariable) is { Length: > 0 } folder
        ? folder
        : "/usr/lib/postgresql/15/bin";

    /// <summary>Starts a program as a child of this process, which can tell at once when it has ended.</summary>
    public static Process Start(string folder, string program, params IEnumerable<string> arguments) =>
        StartIn(network: null, folder, program, arguments);

    /// <summary>Starts a program in a network of its own.</summary>
    public static Process StartIn(PrivateNetwork? network, string folder, string program, params IEnumerable<string> arguments) =>
        Start(network, folder, program, [], arguments);

    /// <summary>Runs a program to its end, which has to be a good one.</summary>
    public static async Task RunAsync(
        string folder, string program, IEnumerable<KeyValuePair<string, string?>> environment, params IEnumerable<string> arguments)
    {
        using var process = Start(network: null, folder, program, environment, arguments);
        await process.WaitForExitAsync();
        Assert.That(process.ExitCode, Is.Zero, () => $"{program} failed: {File.ReadAllText(LogOf(folder))}");
    }

    /// <summary>Gives a file or a folder to the user that runs the programs.</summary>
    public static async Task HandOverAsync(string path)
    {
        if (Environment.IsPrivilegedProcess)
        {
            using var process = Process.Start("chown", [User, path]);
            await process.WaitForExitAsync();
            Assert.That(process.ExitCode, Is.Zero, $"There is no user {User}, as whom root could run PostgreSQL.");
        }
    }

    /// <summary>What the programs of a folder had to say.</summary>
    public static string LogOf(string folder) => Path.Combine(folder, "log");

    private static Process Start(
        PrivateNetwork? network, string folder, string program, IEnumerable<KeyValuePair<string, string?>> environment, IEnumerable<string> arguments)
    {
        var path = Path.IsPathRooted(program) ? program : Path.Combine(Postgres, program);
        if (!File.Exists(path))
        {
            throw new AssertionException(
                $"There is no {path}. Run eng/fault-tests.sh, which installs what the tests of faults need, or set {PostgresVariable} to the folder "
                + "of PostgreSQL's server programs.");
        }

        // exec keeps the process id, and setpriv and nsenter do too: the child is the program itself, not something that waits for it.
        const string Line = "cd \"$1\" && shift && exec \"$@\" >>log 2>&1";
        string[] command = ["-c", Line, "sh", folder, path, .. arguments];
        string[] asUser = Environment.IsPrivilegedProcess ? ["setpriv", $"--reuid={User}", $"--regid={User}", "--init-groups"] : [];
        string[] inNetwork = network is null ? [] : ["nsenter", $"--net=/run/netns/{network.Name}"];
        string[] line = [.. inNetwork, .. asUser, "sh", .. command];
        var start = new ProcessStartInfo(line[0], line[1..]);
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception error)
        {
            throw new AssertionException($"{start.FileName} does not start, of which the tests of faults make use: {error.Message}");
        }
    }
}
