using System.CommandLine;
using SolidCache.Postgres.Tool.Commands;
using SolidCache.Postgres.Tool.Connecting;

namespace SolidCache.Postgres.Tool;

/// <summary>The command line, and what a failure of a command is to its caller: a line and an exit code, not a stack trace.</summary>
internal static class CommandLine
{
    public static async Task<int> RunAsync(string[] args, Terminal terminal)
    {
        var options = new ConnectionOptions();
        var root = new RootCommand("Creates, checks, watches and cleans a cache of SolidCache.Postgres.");
        options.AddTo(root);
        foreach (var command in (Command[])
            [
                MigrateCommand.Create(options, terminal),
                VerifyCommand.Create(options, terminal),
                StatsCommand.Create(options, terminal),
                CleanupCommand.Create(options, terminal),
                GetCommand.Create(options, terminal),
                RemoveCommand.Create(options, terminal),
            ])
        {
            root.Subcommands.Add(command);
        }

        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
            {
                terminal.Complain(error.Message);
            }

            return ExitCode.Usage;
        }

        using var interrupted = new CancellationTokenSource();
        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false }, interrupted.Token);
        }
        catch (Exception error) when (Failure.Of(error) is { } failure)
        {
            if (failure.Message.Length > 0)
            {
                terminal.Complain(failure.Message);
            }

            return failure.Code;
        }
    }
}
