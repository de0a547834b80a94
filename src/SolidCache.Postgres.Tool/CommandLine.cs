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

        // A key that begins with @ is a key, and no file of arguments.
        var parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Errors.Count > 0)
        {
            await ComplainAsync(parsed, Unshown(args), terminal);
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

    /// <summary>
    /// Whatever stands where a command has a value, and a first word that is no command's: what a misspelt option was to mean may be a connection string or a password, and the
    /// library would quote it.
    /// </summary>
    private static string[] Unshown(string[] args) =>
        [.. args.SelectMany(static (arg, position) => arg switch
        {
            ['-', '-', ..] => arg.Split('=', 2)[1..],
            ['-', _] => [],
            _ => position == 0 && arg.All(char.IsAsciiLetter) ? [] : (string[])[arg],
        })];

    /// <summary>The library's own action knows what was meant by a typing error, and tells it on the output.</summary>
    private static async Task ComplainAsync(ParseResult parsed, string[] unshown, Terminal terminal)
    {
        const string NotShown = "(not shown: it may hold a password)";
        foreach (var error in parsed.Errors)
        {
            terminal.Complain(Without(error.Message));
        }

        if (parsed.Action is ParseErrorAction action)
        {
            action.ShowHelp = false;
            using var suggestions = new StringWriter();
            await parsed.InvokeAsync(new InvocationConfiguration { Output = suggestions, Error = TextWriter.Null });
            foreach (var line in suggestions.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            {
                terminal.Complain(Without(line));
            }
        }

        // Quoted, as a word of its own or behind the name of its option.
        string Without(string message) => unshown.Aggregate(
            message,
            static (text, word) => text.Replace($"'{word}'", $"'{NotShown}'", StringComparison.Ordinal).Replace($"={word}'", $"={NotShown}'", StringComparison.Ordinal));
    }
}
