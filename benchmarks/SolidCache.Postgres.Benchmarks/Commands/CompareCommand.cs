using System.CommandLine;
using SolidCache.Postgres.Benchmarks.Comparisons;
using SolidCache.Postgres.Benchmarks.Contestants;
using SolidCache.Postgres.Benchmarks.Results;
using SolidCache.Postgres.Benchmarks.Servers;
using SolidCache.Postgres.Benchmarks.Workloads;

namespace SolidCache.Postgres.Benchmarks.Commands;

/// <summary>Measures the contestants in turn, prints the table and keeps the results.</summary>
internal static class CompareCommand
{
    public static Command Create()
    {
        var workloads = CommonOptions.Names<WorkloadName>("--workloads", "What is measured");
        var contestants = CommonOptions.Names<ContestantName>("--contestants", "Who takes part");
        var concurrency = CommonOptions.Numbers("--concurrency", "Callers at the same time", 1, 16, 64, 256);
        var sizes = CommonOptions.Numbers("--sizes", "Bytes of a value", 100, 1_024, 16_384);
        var keys = new Option<int>("--keys") { Description = "Entries in the store", DefaultValueFactory = _ => 20_000 };
        var rounds = new Option<int>("--rounds") { Description = "Rounds of each contestant in each case", DefaultValueFactory = _ => 5 };
        var seconds = new Option<double>("--seconds") { Description = "How long a round is measured", DefaultValueFactory = _ => 1 };
        var warmUp = new Option<double>("--warm-up") { Description = "How long a round runs before, in seconds", DefaultValueFactory = _ => 0.3 };
        var output = CommonOptions.Output();
        var command = new Command("compare", "Measures the contestants in turn and holds them against each other")
        {
            workloads, contestants, concurrency, sizes, keys, rounds, seconds, warmUp, output,
        };
        command.SetAction((arguments, token) => RunAsync(
            new ComparisonSettings(
                arguments.GetRequiredValue(workloads),
                arguments.GetRequiredValue(concurrency),
                arguments.GetRequiredValue(sizes),
                arguments.GetRequiredValue(contestants),
                arguments.GetValue(keys),
                arguments.GetValue(rounds),
                TimeSpan.FromSeconds(arguments.GetValue(warmUp)),
                TimeSpan.FromSeconds(arguments.GetValue(seconds))),
            new ResultsFolder(arguments.GetRequiredValue(output)),
            token));
        return command;
    }

    private static async Task RunAsync(ComparisonSettings settings, ResultsFolder folder, CancellationToken cancellationToken)
    {
        await using (var server = new PostgresServer())
        {
            var machine = await MachineDescription.CreateAsync(server);
            machine.Add(
                "Comparison",
                $"{settings.Rounds} rounds of {settings.Duration.TotalSeconds} s after {settings.WarmUp.TotalSeconds} s of warm-up, "
                    + $"{settings.Keys:N0} entries");
            folder.Save(machine);
        }

        var results = ComparisonResults.Load(folder);
        var measured = new HashSet<ComparisonCase>();
        await new Comparison(settings).RunAsync(
            rows =>
            {
                foreach (var row in rows)
                {
                    results.Put(row);
                    measured.Add(row.Case);
                    Console.Error.WriteLine(Describe(row));
                }

                // After each case: a long run that is cut short has not been for nothing.
                results.Save(folder);
            },
            cancellationToken);
        Console.Write(ComparisonTable.Of(results, measured.Contains).ToMarkdown());
    }

    private static string Describe(ComparisonRow row)
    {
        var (@case, median) = (row.Case, row.Median);
        return $"{@case.Workload} {@case.ValueBytes} B, {@case.Callers} callers, {@case.Contestant}: "
            + $"{median.OperationsPerSecond:N0}/s ({row.Slowest:N0} to {row.Fastest:N0}), p99 {median.P99 / 1_000:F2} ms";
    }
}
