using System.CommandLine;
using SolidCache.Postgres.Benchmarks.Comparisons;
using SolidCache.Postgres.Benchmarks.Documentation;
using SolidCache.Postgres.Benchmarks.Plots;
using SolidCache.Postgres.Benchmarks.Results;

namespace SolidCache.Postgres.Benchmarks.Commands;

/// <summary>Makes the charts and tables of the documentation from the results, so that the two cannot differ. Needs no server.</summary>
internal static class PlotCommand
{
    public static Command Create()
    {
        var output = CommonOptions.Output();
        output.Description = "The folder that the results are read from";
        var docs = new Option<string>("--docs") { Description = "The folder with benchmarks.md", DefaultValueFactory = _ => "docs" };
        var readme = new Option<string>("--readme") { Description = "The file with the ratios", DefaultValueFactory = _ => "README.md" };
        var command = new Command("plot", "Makes the charts and tables of docs/benchmarks.md and the README from the results") { output, docs, readme };
        command.SetAction(arguments => Run(
            new ResultsFolder(arguments.GetRequiredValue(output)), arguments.GetRequiredValue(docs), arguments.GetRequiredValue(readme)));
        return command;
    }

    private static void Run(ResultsFolder folder, string docs, string readme)
    {
        var images = Path.Combine(docs, "images");
        ComparisonCharts.Save(ComparisonResults.Load(folder), images);
        if (folder.Load("scale") is { } scale)
        {
            ScaleChart.Save(scale, images);
        }

        DocumentTables.Update(Path.Combine(docs, "benchmarks.md"), folder);
        DocumentTables.Update(readme, folder);
    }
}
