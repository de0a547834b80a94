using System.CommandLine;
using SolidCache.Postgres.Benchmarks.Results;
using SolidCache.Postgres.Benchmarks.Scenarios;
using SolidCache.Postgres.Benchmarks.Workloads;

namespace SolidCache.Postgres.Benchmarks.Commands;

/// <summary>Measures the cache and Redis behind a network that takes its time, prints the tables and keeps them.</summary>
internal static class DistanceCommand
{
    public static Command Create()
    {
        var delays = CommonOptions.Fractions("--delays", "Milliseconds each way", 0.5, 2);
        var rates = CommonOptions.Numbers("--rates", "Independent calls a second", 200, 1_000, 5_000, 20_000);
        var callers = CommonOptions.Numbers("--callers", "Callers of a closed loop", 16, 64, 256);
        var workloads = CommonOptions.Names("--workloads", "What is measured", WorkloadName.Get, WorkloadName.Set);
        var keys = new Option<int>("--keys") { Description = "Entries in the stores", DefaultValueFactory = _ => 20_000 };
        var rounds = new Option<int>("--rounds") { Description = "Rounds of each contestant in each case", DefaultValueFactory = _ => 3 };
        var seconds = new Option<double>("--seconds") { Description = "How long a round is measured", DefaultValueFactory = _ => 1 };
        var pooled = new Option<bool>("--through-pgbouncer") { Description = "Whether PgBouncer stands beside the server" };
        var output = CommonOptions.Output();
        var command = new Command("distance", "Gets and sets from some way off, beside Redis: independent arrivals, and a closed loop")
        {
            delays, rates, callers, workloads, keys, rounds, seconds, pooled, output,
        };
        command.SetAction(async arguments =>
        {
            await using var table = await Table.CreateAsync();
            var settings = new DistanceSettings(
                arguments.GetRequiredValue(delays),
                arguments.GetRequiredValue(rates),
                arguments.GetRequiredValue(callers),
                arguments.GetRequiredValue(workloads),
                arguments.GetValue(keys),
                arguments.GetValue(rounds),
                TimeSpan.FromSeconds(arguments.GetValue(seconds)),
                arguments.GetValue(pooled));
            var folder = new ResultsFolder(arguments.GetRequiredValue(output));
            foreach (var results in await new Distance(table, settings).RunAsync())
            {
                folder.Save(results);
                Console.WriteLine(results.ToMarkdown());
            }
        });
        return command;
    }
}
