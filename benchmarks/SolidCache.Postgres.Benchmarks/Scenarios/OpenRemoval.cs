using System.Diagnostics;
using Npgsql;
using SolidCache.Postgres.Benchmarks.Load;
using SolidCache.Postgres.Benchmarks.Results;
using SolidCache.Postgres.Benchmarks.Workloads;

namespace SolidCache.Postgres.Benchmarks.Scenarios;

/// <summary>Gets, and sets of other keys, while a transaction that has removed an entry stays open, against without one, in turn; and how long a set of that key waits.</summary>
internal static class OpenRemoval
{
    private const int ValueBytes = 1_024;
    private const int Callers = 16;
    private const int Rounds = 2;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    public static async Task<ResultTable> RunAsync(Table table, ScenarioSettings settings)
    {
        var held = settings.Rows;
        await table.FillAsync(settings.Rows, ValueBytes, "'infinity'");
        await table.SettleAsync();
        var results = new ResultTable("open-removal", "Workload", "Transaction", "ops/s", "p50 ms", "p99 ms", "ops/s ÷ without", "p99 ÷ without");
        await MeasureAsync(new Get(WorkloadName.Get, KeySpace.Rows), new Dataset(KeySpace.Rows, Enumerable.Range(1, held), ValueBytes));
        await MeasureAsync(new Set(KeySpace.Rows), new Dataset(KeySpace.Rows, Enumerable.Range(1, held - 1), ValueBytes));
        await using (await Held.BeginAsync(table, $"k{held}"))
        {
            results.Add("Set of the removed key", "open", "", "", $"{await FailingSetAsync(table, $"k{held}"):N0}", "", "");
        }

        return results;

        async Task MeasureAsync(Workload workload, Dataset data)
        {
            List<RoundResult> without = [], open = [];
            for (var round = 0; round < Rounds; round++)
            {
                without.Add(await RoundAsync());
                await using (await Held.BeginAsync(table, $"k{held}"))
                {
                    open.Add(await RoundAsync());
                }
            }

            var (calm, disturbed) = (RoundResult.MedianOf(without), RoundResult.MedianOf(open));
            Add("none", calm);
            Add("open", disturbed);

            Task<RoundResult> RoundAsync() => new ClosedLoop(table.Cache, workload, data, Callers).RunAsync(settings.WarmUp, settings.Duration);

            void Add(string condition, RoundResult round) => results.Add(
                $"{workload.Name}", condition, $"{round.OperationsPerSecond:N0}", $"{round.P50 / 1_000:F3}", $"{round.P99 / 1_000:F3}",
                $"{round.OperationsPerSecond / calm.OperationsPerSecond:F2}", $"{round.P99 / calm.P99:F2}");
        }
    }

    /// <returns>After how many milliseconds it failed.</returns>
    private static async Task<double> FailingSetAsync(Table table, string key)
    {
        var cache = table.CacheWith(static options => options.OperationTimeout = Limit);
        await cache.SetAsync("connects", [1], new());
        var began = Stopwatch.GetTimestamp();
        try
        {
            await cache.SetAsync(key, [1], new());
        }
        catch (TimeoutException)
        {
            return Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        }

        throw new InvalidOperationException("A set of a row that somebody has locked was written.");
    }

    /// <summary>A transaction that has removed an entry, and is undone in the end.</summary>
    private sealed class Held(NpgsqlConnection connection, NpgsqlTransaction transaction) : IAsyncDisposable
    {
        public static async Task<Held> BeginAsync(Table table, string key)
        {
            var connection = await table.Server.OpenConnectionAsync();
            var transaction = await connection.BeginTransactionAsync();
            await table.Cache.RemoveAsync(key, transaction);
            return new(connection, transaction);
        }

        public async ValueTask DisposeAsync()
        {
            await transaction.RollbackAsync();
            await transaction.DisposeAsync();
            await connection.DisposeAsync();
        }
    }
}
