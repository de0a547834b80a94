using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using SolidCache.Postgres.Tool.Connecting;
using Spectre.Console;

namespace SolidCache.Postgres.Tool.Commands;

/// <summary>Counts the entries of the table, once or again and again.</summary>
internal static class StatsCommand
{
    private const int DefaultSeconds = 2;

    public static Command Create(ConnectionOptions connection, Terminal terminal)
    {
        var json = new Option<bool>("--json") { Description = "Print JSON, a line for each reading." };
        var watch = new Option<int?>("--watch")
        {
            Description = "Read again every so many seconds (default 2) until Ctrl-C.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        NumberRange.Limit(watch, 1, 3_600, "seconds");
        var command = new Command("stats", "Counts entries, expired entries and bytes.") { json, watch };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var services = connection.Read(parsed).Open();
            var cache = services.GetRequiredService<ISolidCache>();
            var seconds = parsed.GetResult(watch) is { Implicit: false } ? parsed.GetValue(watch) ?? DefaultSeconds : 0;
            using var timer = new PeriodicTimer(TimeSpan.FromSeconds(Math.Max(seconds, 1)));
            do
            {
                Show(await cache.GetStatisticsAsync(cancellationToken), parsed.GetValue(json), clear: seconds > 0, terminal);
            }
            while (seconds > 0 && await timer.WaitForNextTickAsync(cancellationToken));

            return ExitCode.Fine;
        });
        return command;
    }

    private static void Show(SolidCacheStatistics statistics, bool json, bool clear, Terminal terminal)
    {
        if (json)
        {
            terminal.Line(JsonSerializer.Serialize(StatsReport.From(statistics), ToolJson.Default.StatsReport));
            return;
        }

        if (clear && terminal.IsInteractive)
        {
            terminal.Output.Clear();
        }

        var about = statistics.IsEstimate ? "about " : "";
        terminal.Table(
            ["Figure", "Value"],
            [
                ["entries", about + Number(statistics.TotalEntries)],
                ["expired", about + Number(statistics.ExpiredEntries)],
                ["overdue", about + Number(statistics.OverdueEntries)],
                ["size on disk", SizeText.Of(statistics.TotalSizeBytes)],
                ["live values", about + SizeText.Of(statistics.LiveBytes)],
                ["last sweep", statistics.TimeSinceLastSweep is { } age ? $"{Number((long)age.TotalSeconds)} seconds ago" : "never"],
            ]);
    }

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
