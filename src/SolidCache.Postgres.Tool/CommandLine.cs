using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using SolidCache.Postgres.Tool.Commands;
using SolidCache.Postgres.Tool.Connecting;

namespace SolidCache.Postgres.Tool;

/// <summary>The command line, and what a failure of a command is to its caller: a line and an exit code, not a stack trace.</summary>
internal static class CommandLine
{
    public static async Task<int> RunAsync(string[] args, Terminal terminal)
    {
        var root = Root(terminal);
        if (args.Length == 0)
        {
            await root.Parse("--help").InvokeAsync(new InvocationConfiguration { Output = terminal.Output.Profile.Out.Writer });
            return ExitCode.Usage;
        }

        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            await ComplainAsync(parsed, terminal);
            return ExitCode.Usage;
        }

        using var interrupted = new CancellationTokenSource();
        try
        {
            return await parsed.InvokeAsync(
                new InvocationConfiguration { EnableDefaultExceptionHandler = false, Output = terminal.Output.Profile.Out.Writer }, interrupted.Token);
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

    private static Command Root(Terminal terminal)
    {
        // Not a RootCommand: that has the name of the file, which is not what anybody types.
        var root = new Command("solid-cache", "Creates, checks, watches and cleans a cache of SolidCache.Postgres.") { new HelpOption(), new VersionOption() };
        var options = new ConnectionOptions();
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

        return root;
    }

    /// <summary>The library's own action knows what was meant by a typing error, and tells it on the output.</summary>
    private static async Task ComplainAsync(ParseResult parsed, Terminal terminal)
    {
        foreach (var error in parsed.Errors)
        {
            terminal.Complain(error.Message);
        }

        if (parsed.Action is ParseErrorAction action)
        {
            action.ShowHelp = false;
            using var suggestions = new StringWriter();
            await parsed.InvokeAsync(new InvocationConfiguration { Output = suggestions, Error = TextWriter.Null });
            foreach (var line in suggestions.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            {
                terminal.Complain(line);
            }
        }
    }
}
