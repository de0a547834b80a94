using System.CommandLine;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using SolidCache.Postgres.Tool.Connecting;
using Spectre.Console;

namespace SolidCache.Postgres.Tool.Commands;

/// <summary>Removes what has expired, as the hosted sweeper does.</summary>
internal static class CleanupCommand
{
    public static Command Create(ConnectionOptions connection, Terminal terminal)
    {
        var command = new Command("cleanup", "Removes expired entries now, in short transactions.");
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var services = connection.Read(parsed).Open();
            var cache = services.GetRequiredService<ISolidCache>();
            var removed = terminal.IsInteractive
                ? await terminal.Output.Status().StartAsync("Sweeping …", _ => cache.RemoveExpiredAsync(cancellationToken))
                : await cache.RemoveExpiredAsync(cancellationToken);
            terminal.Line(string.Create(CultureInfo.InvariantCulture, $"{removed} expired {(removed == 1 ? "entry" : "entries")} removed."));
            return ExitCode.Fine;
        });
        return command;
    }
}
