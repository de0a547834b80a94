using System.CommandLine;
using System.Diagnostics;
using SolidCache.Postgres.Benchmarks.Comparisons;
using SolidCache.Postgres.Benchmarks.Contestants;
using SolidCache.Postgres.Benchmarks.Scenarios;
using SolidCache.Postgres.Benchmarks.Servers;
using SolidCache.Postgres.Benchmarks.Workloads;

namespace SolidCache.Postgres.Benchmarks.Commands;

/// <summary>Runs everything for a moment, so that a change that breaks the benchmarks does not wait for the next publication.</summary>
internal static class SmokeCommand
{
    private const int ValueBytes = 1_024;

    public static Command Create()
    {
        var command = new Command("smoke", "Runs each workload on each contestant for a moment and fails if one answers wrongly");
        command.SetAction((_, token) => RunAsync(token));
        return command;
    }

    private static async Task RunAsync(CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        await using (var server = new PostgresServer())
        {
            foreach (var name in Enum.GetValues<ContestantName>())
            {
                await using var contestant = await ContestantList.CreateAsync(name, server);
                await RoundTrip.CheckAsync(contestant, ValueBytes);
            }
        }

        var settings = new ComparisonSettings(
            Enum.GetValues<WorkloadName>(),
            Concurrency: [2],
            Sizes: [ValueBytes],
            Enum.GetValues<ContestantName>(),
            Keys: 2_000,
            Rounds: 1,
            WarmUp: TimeSpan.FromSeconds(0.02),
            Duration: TimeSpan.FromSeconds(0.1));
        var cases = 0;
        await new Comparison(settings).RunAsync(rows => cases += rows.Count(row => IsAlive(row)), cancellationToken);
        cases += await FromSomeWayOffAsync();
        Console.WriteLine($"{cases} cases in {clock.Elapsed.TotalSeconds:F1} s: all answers right.");
    }

    /// <summary>Linux only, as the waits of its network are.</summary>
    private static async Task<int> FromSomeWayOffAsync()
    {
        if (!OperatingSystem.IsLinux())
        {
            return 0;
        }

        await using var table = await Table.CreateAsync();
        var settings = new DistanceSettings(
            Delays: [0.25], Rates: [1_000], Callers: [2], [WorkloadName.Get, WorkloadName.Set], Keys: 2_000, Rounds: 1, TimeSpan.FromSeconds(0.1), IsPooled: false);
        return (await new Distance(table, settings).RunAsync()).Sum(static results => results.Rows.Count);
    }

    private static bool IsAlive(ComparisonRow row) =>
        row.Median is { Operations: > 0, Connections: > 0 }
            ? true
            : throw new InvalidOperationException($"{row.Case}: no call ended, or no connection was seen.");
}
