using System.CommandLine;
using SolidCache.Postgres.Benchmarks.Stampedes;

namespace SolidCache.Postgres.Benchmarks.Commands;

/// <summary>What the scenario <c>stampede</c> starts several times; nobody else does.</summary>
internal static class StampedeNodeCommand
{
    public const string Name = "stampede-node";

    public static Command Create()
    {
        var command = new Command(Name) { Hidden = true };
        command.SetAction(_ => StampedeNode.RunAsync());
        return command;
    }
}
