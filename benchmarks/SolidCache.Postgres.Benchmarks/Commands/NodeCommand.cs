using System.CommandLine;
using SolidCache.Postgres.Benchmarks.Propagations;
using SolidCache.Postgres.Benchmarks.Stampedes;

namespace SolidCache.Postgres.Benchmarks.Commands;

/// <summary>What the scenarios of several processes start; nobody else does.</summary>
internal static class NodeCommand
{
    public const string Name = "node";

    public static Command Create()
    {
        var work = new Argument<string>("work");
        work.AcceptOnlyFromAmong(StampedeNode.Work, PropagationNode.Work);
        var command = new Command(Name) { work };
        command.Hidden = true;
        command.SetAction(arguments => arguments.GetRequiredValue(work) == StampedeNode.Work ? StampedeNode.RunAsync() : PropagationNode.RunAsync());
        return command;
    }
}
