using System.CommandLine;
using SolidCache.Postgres.Benchmarks.Results;
using SolidCache.Postgres.Benchmarks.Scenarios;

namespace SolidCache.Postgres.Benchmarks.Commands;

/// <summary>Runs one scenario on a fresh table, prints its table and keeps it.</summary>
internal static class ScenarioCommand
{
    public static Command Create(Scenario scenario)
    {
        var rows = CommonOptions.Numbers("--rows", "Rows of the table", scenario.Rows);
        var seconds = new Option<double>("--seconds")
        {
            Description = "How long one thing is measured, where time sets the length",
            DefaultValueFactory = _ => scenario.Seconds,
        };
        var output = CommonOptions.Output();
        var command = new Command(scenario.Name, scenario.Description) { rows, seconds, output };
        command.SetAction(arguments => RunAsync(
            scenario,
            new ScenarioSettings(arguments.GetRequiredValue(rows), TimeSpan.FromSeconds(arguments.GetValue(seconds))),
            new ResultsFolder(arguments.GetRequiredValue(output))));
        return command;
    }

    private static async Task RunAsync(Scenario scenario, ScenarioSettings settings, ResultsFolder folder)
    {
        await using var table = await Table.CreateAsync();
        var results = await scenario.RunAsync(table, settings);
        folder.Save(results);
        Console.Write(results.ToMarkdown());
    }
}
