using System.Diagnostics;
using System.Globalization;
using SolidCache.Postgres.Benchmarks.Load;
using SolidCache.Postgres.Benchmarks.Nodes;
using SolidCache.Postgres.Benchmarks.Propagations;
using SolidCache.Postgres.Benchmarks.Results;

namespace SolidCache.Postgres.Benchmarks.Scenarios;

/// <summary>
/// Three processes remember an entry; one changes it. How long after the change was acknowledged until reads of neither of the others, one a millisecond, find in memory what was there before.
/// </summary>
internal static class Propagation
{
    private const int Processes = 3;
    private const int WarmUpRounds = 20;

    /// <summary>Each takes a quarter of a second, where nobody tells.</summary>
    private const int LookingIsSeldomer = 5;

    /// <param name="table">Made anew.</param>
    /// <param name="settings">As many changes of each kind as there are to be rows.</param>
    public static async Task<ResultTable> RunAsync(Table table, ScenarioSettings settings)
    {
        await table.ExecuteAsync(
            """
            DROP TABLE IF EXISTS data, data_with_trigger;
            CREATE TABLE data (key text PRIMARY KEY, version bigint NOT NULL);
            CREATE TABLE data_with_trigger (key text PRIMARY KEY, version bigint NOT NULL);
            SELECT solid_cache_remove_on_change('data_with_trigger', '{key}');
            """);
        var nodes = Enumerable.Range(0, Processes).Select(static _ => new NodeProcess(PropagationNode.Work)).ToArray();
        try
        {
            var results = new ResultTable("propagation", "Change", "Cache", "Changes", "p50 ms", "p99 ms", "longest ms");
            foreach (var kind in Enum.GetValues<ChangeKind>())
            {
                await MeasureAsync(table, nodes, kind, settings.Rows, results);
            }

            return results;
        }
        finally
        {
            Array.ForEach(nodes, static node => node.Dispose());
        }
    }

    private static async Task MeasureAsync(Table table, NodeProcess[] nodes, ChangeKind kind, int changes, ResultTable results)
    {
        // Redis hears of what its own cache does, and of nothing that the data does.
        var caches = kind is ChangeKind.RemoveInTransaction or ChangeKind.ChangeDataWithTrigger
            ? [PropagationCache.ToldByNotifications, PropagationCache.LooksIntoTheLog]
            : Enum.GetValues<PropagationCache>();
        var times = caches.ToDictionary(static cache => cache, static _ => new LatencyHistogram());
        for (var round = -WarmUpRounds; round < changes; round++)
        {
            foreach (var cache in caches)
            {
                if (cache == PropagationCache.LooksIntoTheLog && round % LookingIsSeldomer != 0)
                {
                    continue;
                }

                var time = await ChangeAsync(table, nodes, cache, kind, $"{cache}:{kind}:{round}");
                if (round >= 0)
                {
                    times[cache].Record(time);
                }
            }
        }

        foreach (var (cache, histogram) in times)
        {
            results.Add($"{kind}", $"{cache}", $"{histogram.Count}", Milliseconds(histogram, 0.5), Milliseconds(histogram, 0.99), Milliseconds(histogram, 1));
        }
    }

    private static async Task<TimeSpan> ChangeAsync(Table table, NodeProcess[] nodes, PropagationCache cache, ChangeKind kind, string key)
    {
        await table.ExecuteAsync($"INSERT INTO {PropagationNode.DataOf(kind)} VALUES ('{key}', 0)");
        foreach (var node in nodes)
        {
            await node.AskAsync<PropagationStep, PropagationAnswer>(new(PropagationVerb.Read, cache, kind, key));
        }

        var watching = nodes[1..].Select(node => node.AskAsync<PropagationStep, PropagationAnswer>(new(PropagationVerb.Watch, cache, kind, key))).ToArray();
        await Task.Delay(10);
        var changed = await nodes[0].AskAsync<PropagationStep, PropagationAnswer>(new(PropagationVerb.Change, cache, kind, key));
        var heard = await Task.WhenAll(watching);
        var last = heard.Max(static answer => answer.At);
        return last > changed.At ? Stopwatch.GetElapsedTime(changed.At, last) : TimeSpan.Zero;
    }

    private static string Milliseconds(LatencyHistogram histogram, double part) =>
        string.Create(CultureInfo.InvariantCulture, $"{histogram.Quantile(part) / 1_000:F1}");
}
