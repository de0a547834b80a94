using System.CommandLine;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using SolidCache.Postgres.Tool.Connecting;
using Spectre.Console;

namespace SolidCache.Postgres.Tool.Commands;

/// <summary>Removes an entry, or many after a question.</summary>
internal static class RemoveCommand
{
    public static Command Create(ConnectionOptions connection, Terminal terminal)
    {
        var key = new Argument<string?>("key") { Description = "The key as the application uses it.", Arity = ArgumentArity.ZeroOrOne };
        var prefix = new Option<string?>("--prefix") { Description = "Remove every entry whose key starts with this." };
        var pattern = new Option<string?>("--pattern") { Description = "Remove every entry whose key matches this LIKE pattern (% any run, _ one character)." };
        var yes = new Option<bool>("--yes") { Description = "Do not ask. Needed for --prefix and --pattern where nobody can answer." };
        var command = new Command("rm", "Removes entries, durably.") { key, prefix, pattern, yes };
        command.Validators.Add(result =>
        {
            if (new[] { result.GetValue(key), result.GetValue(prefix), result.GetValue(pattern) }.Count(static what => what is not null) != 1)
            {
                result.AddError("rm takes a key, or --prefix, or --pattern.");
            }
        });
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var services = connection.Read(parsed).Open();
            var cache = services.GetRequiredService<ISolidCache>();
            if (parsed.GetValue(key) is { } one)
            {
                await cache.RemoveAsync(one, cancellationToken);
                terminal.Line("Removed.");
                return ExitCode.Fine;
            }

            var what = parsed.GetValue(prefix) is { } start ? $"whose keys start with '{start}'" : $"whose keys match '{parsed.GetValue(pattern)}'";
            if (!parsed.GetValue(yes) && !await ConfirmAsync(what, terminal, cancellationToken))
            {
                return ExitCode.No;
            }

            var removed = parsed.GetValue(prefix) is { } chosen
                ? await cache.RemoveByPrefixAsync(chosen, cancellationToken)
                : await cache.RemoveByPatternAsync(parsed.GetValue(pattern)!, cancellationToken);
            terminal.Line(string.Create(CultureInfo.InvariantCulture, $"{removed} {(removed == 1 ? "entry" : "entries")} removed."));
            return ExitCode.Fine;
        });
        return command;
    }

    private static async Task<bool> ConfirmAsync(string what, Terminal terminal, CancellationToken cancellationToken)
    {
        if (!terminal.IsInteractive)
        {
            throw new ArgumentException($"All entries {what} would be removed, and nobody is there to ask: add --yes.");
        }

        return await new ConfirmationPrompt(Markup.Escape($"Remove all entries {what}?")) { DefaultValue = false }.ShowAsync(terminal.Output, cancellationToken);
    }
}
