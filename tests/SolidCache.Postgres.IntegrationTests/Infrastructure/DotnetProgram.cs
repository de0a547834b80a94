using System.Diagnostics;

namespace SolidCache.Postgres.IntegrationTests.Infrastructure;

/// <summary>A program of this solution as a process of its own, run by the dotnet that runs the tests.</summary>
internal static class DotnetProgram
{
    /// <param name="program">A type of its assembly.</param>
    /// <param name="arguments">Its own.</param>
    public static ProcessStartInfo Of(Type program, IEnumerable<string> arguments)
    {
        var dotnet = Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet";
        return new ProcessStartInfo(dotnet, [program.Assembly.Location, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
    }
}
