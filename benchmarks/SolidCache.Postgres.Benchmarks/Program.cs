using System.CommandLine;
using SolidCache.Postgres.Benchmarks.Commands;
using SolidCache.Postgres.Benchmarks.Scenarios;

var root = new RootCommand("The benchmarks of SolidCache.Postgres. Start them with eng/benchmark.sh, which starts the servers that they need.")
{
    CompareCommand.Create(),
    BdnCommand.Create(),
    PlotCommand.Create(),
    SmokeCommand.Create(),
    DistanceCommand.Create(),
    NodeCommand.Create(),
};
foreach (var scenario in ScenarioList.All)
{
    root.Add(ScenarioCommand.Create(scenario));
}

return await root.Parse(args.Length == 0 ? ["--help"] : args).InvokeAsync();
