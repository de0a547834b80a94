using System.Text;
using SolidCache.Postgres.Tool;
using Spectre.Console;
using Spectre.Console.Testing;
using SolidCacheProgram = SolidCache.Postgres.Tool.CommandLine;

namespace SolidCache.Postgres.IntegrationTests.Tool;

/// <summary>One run of solid-cache within this process, as a script would see it.</summary>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Output">What it printed.</param>
/// <param name="Error">What it complained about.</param>
/// <param name="Raw">The bytes that it wrote past the console.</param>
internal sealed record ToolRun(int ExitCode, string Output, string Error, byte[] Raw)
{
    public string[] Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public string RawText => Encoding.UTF8.GetString(Raw);

    public static async Task<ToolRun> OfAsync(params string[] arguments)
    {
        using var output = new TestConsole().Width(10_000);
        using var error = new TestConsole().Width(10_000);
        using var raw = new MemoryStream();
        var exitCode = await SolidCacheProgram.RunAsync(arguments, new Terminal(output, error, raw, IsInteractive: false));
        return new ToolRun(exitCode, output.Output, error.Output, raw.ToArray());
    }
}
