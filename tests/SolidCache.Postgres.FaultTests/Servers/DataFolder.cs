using System.Diagnostics;
using System.Security.Cryptography;
using SolidCache.Postgres.FaultTests.Servers;

// Not that of its folder: NUnit tears down a namespace's set-up after the tests of that namespace, and of those below it, only.
namespace SolidCache.Postgres.FaultTests;

/// <summary>Folders of clusters: the first is made by initdb, all others are copies of it, which takes a tenth of the time.</summary>
[SetUpFixture]
public sealed class DataFolder
{
    /// <summary>Where eng/fault-tests.sh looks for servers that a run which was killed has left behind.</summary>
    private const string ParentVariable = "SOLIDCACHE_FAULT_FOLDER";

    private static readonly Lazy<Task<string>> Template = new(InitializeAsync);

    /// <summary>The superuser's, in every cluster.</summary>
    public static string Password { get; } = RandomNumberGenerator.GetHexString(32);

    /// <summary>A folder whose subfolder data is a cluster that was never started.</summary>
    public static async Task<string> CopyAsync()
    {
        var template = await Template.Value;
        var folder = await EmptyAsync();
        await CopyAsync(Path.Combine(template, "data"), folder);
        return folder;
    }

    public static async Task CopyAsync(string from, string to)
    {
        using var copy = Process.Start("cp", ["-a", from, to]);
        await copy.WaitForExitAsync();
        Assert.That(copy.ExitCode, Is.Zero, "cp failed");
    }

    /// <summary>A folder of the user who runs PostgreSQL.</summary>
    public static async Task<string> EmptyAsync()
    {
        var parent = Environment.GetEnvironmentVariable(ParentVariable) is { Length: > 0 } given ? given : "/tmp";
        var folder = Directory.CreateDirectory(Path.Combine(parent, $"solidcache-fault.{RandomNumberGenerator.GetHexString(8)}")).FullName;
        await Programs.HandOverAsync(folder);
        return folder;
    }

    [OneTimeTearDown]
    public async Task DeleteTemplateAsync()
    {
        if (Template.IsValueCreated)
        {
            Directory.Delete(await Template.Value, recursive: true);
        }
    }

    private static async Task<string> InitializeAsync()
    {
        var folder = await EmptyAsync();
        var password = Path.Combine(folder, "password");
        await File.WriteAllTextAsync(password, Password);
        File.SetUnixFileMode(password, UnixFileMode.UserRead);
        await Programs.HandOverAsync(password);
        await Programs.RunAsync(
            folder, "initdb", [],
            "--pgdata", "data", "--username", "postgres", "--pwfile", "password", "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C", "--no-sync");
        // Besides the loopback addresses: servers in a network of their own, whose clients are at the other end of its cable.
        await File.AppendAllTextAsync(Path.Combine(folder, "data", "pg_hba.conf"), "host all all samenet scram-sha-256\n");
        return folder;
    }
}
