using System.CommandLine;
using System.CommandLine.Parsing;
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
            if (((SymbolResult?[])[result.GetResult(key), result.GetResult(prefix), result.GetResult(pattern)]).Count(static what => what is { Tokens.Count: > 0 } or OptionResult) != 1)
            {
                result.AddError("rm takes a key, or --prefix, or --pattern.");
            }
        });
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var target = connection.Read(parsed);
            if (parsed.GetValue(key) is { } one)
            {
                return await RemoveOneAsync(target, one, terminal, cancellationToken);
            }

            var what = parsed.GetValue(prefix) is { } start ? $"whose keys start with '{start}'" : $"whose keys match '{parsed.GetValue(pattern)}'";
            if (!parsed.GetValue(yes) && !await ConfirmAsync(what, terminal, cancellationToken))
            {
                return ExitCode.No;
            }

            var removed = await RemoveManyAsync(target, parsed.GetValue(prefix), parsed.GetValue(pattern), cancellationToken);
            terminal.Line(string.Create(CultureInfo.InvariantCulture, $"{removed} {(removed == 1 ? "entry" : "entries")} removed."));
            if ((removed == 0 || parsed.GetValue(prefix) is "") && await KeyPrefixes.HintAsync(target, cancellationToken) is { } hint)
            {
                terminal.Complain($"Keys with a prefix were left alone. {hint}");
            }

            return ExitCode.Fine;
        });
        return command;
    }

    private static async Task<int> RemoveOneAsync(ConnectionTarget target, string key, Terminal terminal, CancellationToken cancellationToken)
    {
        if (await RemoveAsync(target, key, cancellationToken)
            || (target.AsStored(key) is { } stored && await RemoveAsync(stored.Target, stored.Key, cancellationToken)))
        {
            terminal.Line("Removed.");
            return ExitCode.Fine;
        }

        terminal.Complain($"There is no entry under this key. {await KeyPrefixes.HintAsync(target, cancellationToken)}".TrimEnd());
        return ExitCode.No;
    }

    /// <summary>Removes it whether or not it was seen: it may have been set in between.</summary>
    private static async Task<bool> RemoveAsync(ConnectionTarget target, string key, CancellationToken cancellationToken)
    {
        await using var services = target.Open();
        var cache = services.GetRequiredService<ISolidCache>();
        var existed = await cache.ExistsAsync(key, cancellationToken);
        await cache.RemoveAsync(key, cancellationToken);
        return existed;
    }

    private static async Task<long> RemoveManyAsync(ConnectionTarget target, string? prefix, string? pattern, CancellationToken cancellationToken)
    {
        await using var services = target.Open();
        var cache = services.GetRequiredService<ISolidCache>();
        if (prefix is null)
        {
            return await cache.RemoveByPatternAsync(pattern!, cancellationToken);
        }

        var removed = await cache.RemoveByPrefixAsync(prefix, cancellationToken);
        return removed == 0 && target.AsStored(prefix) is { Target.KeyPrefix: not null } stored
            ? await RemoveManyAsync(stored.Target, stored.Key, pattern: null, cancellationToken)
            : removed;
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
