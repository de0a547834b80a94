using SolidCache.Postgres.Benchmarks.Load;
using SolidCache.Postgres.Benchmarks.Results;
using SolidCache.Postgres.Benchmarks.Workloads;

namespace SolidCache.Postgres.Benchmarks.Scenarios;

/// <summary>Overwrites of live entries while changes are logged and read by every node, and while they are not, in turn, round by round.</summary>
internal static class InvalidationCost
{
    private const int ValueBytes = 1_024;
    private const int Rounds = 9;
    private const int Callers = 64;

    public static async Task<ResultTable> RunAsync(Table table, ScenarioSettings settings)
    {
        var data = new Dataset(KeySpace.Fixed, settings.Rows, ValueBytes);
        ISolidCache[] plain = [.. Enumerable.Range(0, 3).Select(_ => table.CacheWith(static _ => { }))];
        ISolidCache[] told = [.. Enumerable.Range(0, 3).Select(_ => table.CacheWith(static options => options.Invalidation.Enabled = true))];
        await Filling.AddAsync(table.Cache, data);
        foreach (var cache in told)
        {
            await cache.GetAsync("begins to read the log");
        }

        await table.SettleAsync();
        var results = new ResultTable("invalidation", "Nodes", "Changes", "Sets/s", "p50 ms", "p99 ms", "÷ not logged");
        foreach (var nodes in (int[])[1, 3])
        {
            List<RoundResult> off = [], on = [];
            for (var round = 0; round < Rounds; round++)
            {
                foreach (var isLogged in round % 2 == 0 ? (bool[])[false, true] : [true, false])
                {
                    await table.ExecuteAsync($"SELECT solid_cache_log_changes({isLogged})");
                    (isLogged ? on : off).Add(await SetAsync((isLogged ? told : plain)[..nodes]));
                }
            }

            Add(nodes, "not logged", off);
            Add(nodes, "logged, and read by every node", on);

            void Add(int nodes, string changes, List<RoundResult> rounds)
            {
                var median = RoundResult.MedianOf(rounds);
                var ratio = rounds.Zip(off, static (one, first) => one.OperationsPerSecond / first.OperationsPerSecond).Order().ElementAt(Rounds / 2);
                results.Add($"{nodes}", changes, $"{median.OperationsPerSecond:N0}", $"{median.P50 / 1_000:F3}", $"{median.P99 / 1_000:F3}", $"{ratio:F2}");
            }
        }

        return results;

        async Task<RoundResult> SetAsync(ISolidCache[] nodes)
        {
            var rounds = await Task.WhenAll(nodes.Select(node => new ClosedLoop(node, new Set(KeySpace.Fixed), data, Callers / nodes.Length).RunAsync(settings.WarmUp, settings.Duration)));
            return rounds[0] with { OperationsPerSecond = rounds.Sum(static round => round.OperationsPerSecond) };
        }
    }
}
