using System.ComponentModel;
using System.Diagnostics;

namespace SolidCache.Postgres.FaultTests.Servers;

/// <summary>What only root may do to a machine, and not on every machine.</summary>
internal static class Superuser
{
    /// <summary>Set by services that run builds, where a test that cannot run is a failure.</summary>
    private const string BuildServiceVariable = "CI";

    /// <summary>Runs a command without which a test makes no sense: where it is not allowed the test is ignored, and fails in a build service.</summary>
    public static async Task NeedAsync(string command, params IEnumerable<string> arguments)
    {
        if (await ErrorOfAsync(command, arguments) is not { } error)
        {
            return;
        }

        var message = $"This test needs root, and a machine that allows {command}: run eng/fault-tests.sh as root. {error}";
        if (Environment.GetEnvironmentVariable(BuildServiceVariable) is { Length: > 0 })
        {
            Assert.Fail(message);
        }

        Assert.Ignore(message);
    }

    /// <summary>Runs a command that has to work.</summary>
    public static async Task RunAsync(string command, params IEnumerable<string> arguments) =>
        Assert.That(await ErrorOfAsync(command, arguments), Is.Null);

    /// <summary>Runs a command, and says what was wrong, or null.</summary>
    public static async Task<string?> ErrorOfAsync(string command, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(command, arguments) { RedirectStandardError = true };
        try
        {
            using var process = Process.Start(start)!;
            var error = await process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync();
            return process.ExitCode == 0 ? null : $"{command} {string.Join(' ', start.ArgumentList)}: {error.Trim()}";
        }
        catch (Win32Exception error)
        {
            return error.Message;
        }
    }
}
