using SolidCache.Postgres.Benchmarks.Results;

namespace SolidCache.Postgres.Benchmarks.Scenarios;

/// <summary>A question that the documentation answers with figures, and how they are measured on a fresh table.</summary>
/// <param name="Name">Its name on the command line and in the results.</param>
/// <param name="Description">What it shows.</param>
/// <param name="Rows">Into how many rows it looks, if nobody says otherwise.</param>
/// <param name="Seconds">How long it measures one thing, if nobody says otherwise.</param>
/// <param name="RunAsync">Measures it.</param>
internal sealed record Scenario(
    string Name, string Description, int[] Rows, double Seconds, Func<Table, ScenarioSettings, Task<ResultTable>> RunAsync);
