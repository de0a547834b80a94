using System.Globalization;
using SolidCache.Postgres.Benchmarks.Load;
using SolidCache.Postgres.Benchmarks.Nodes;
using SolidCache.Postgres.Benchmarks.Results;
using SolidCache.Postgres.Benchmarks.Stampedes;

namespace SolidCache.Postgres.Benchmarks.Scenarios;

/// <summary>Callers of several processes that all miss at the same moment: how often the value is made, and how long they wait.</summary>
internal static class Stampede
{
    private const int Processes = 4;
    private const int Callers = 500;
    private const int Rounds = 20;
    private const int WarmUpRounds = 3;
    private static readonly int[] Keys = [1, 100];
    private static readonly TimeSpan Preparation = TimeSpan.FromMilliseconds(100);

    public static async Task<ResultTable> RunAsync()
    {
        var nodes = Enumerable.Range(0, Processes).Select(static _ => new NodeProcess(StampedeNode.Work)).ToArray();
        try
        {
            var results = new ResultTable("stampede", "Missing keys", "Cache", "Factory runs", "p50 ms", "p99 ms", "longest ms");
            foreach (var keys in Keys)
            {
                await MeasureAsync(nodes, keys, results);
            }

            return results;
        }
        finally
        {
            Array.ForEach(nodes, static node => node.Dispose());
        }
    }

    private static async Task MeasureAsync(NodeProcess[] nodes, int keys, ResultTable results)
    {
        var guards = Enum.GetValues<StampedeGuard>();
        var rounds = guards.ToDictionary(static guard => guard, static _ => new List<StampedeAnswer>());
        for (var round = -WarmUpRounds; round < Rounds; round++)
        {
            foreach (var guard in guards)
            {
                var answer = await RunAsync(nodes, guard, keys);
                if (round >= 0)
                {
                    rounds[guard].Add(answer);
                }
            }
        }

        foreach (var (guard, answers) in rounds)
        {
            var latencies = answers.ConvertAll(static answer => Histogram(answer.Milliseconds));
            var (fewest, most) = (answers.Min(static answer => answer.FactoryRuns), answers.Max(static answer => answer.FactoryRuns));
            results.Add(
                $"{keys}",
                $"{guard}",
                fewest == most ? $"{most}" : $"{fewest} to {most}",
                Median(latencies, 0.5),
                Median(latencies, 0.99),
                string.Create(CultureInfo.InvariantCulture, $"{answers.Max(static answer => answer.Milliseconds.Max()):F0}"));
        }
    }

    private static async Task<StampedeAnswer> RunAsync(NodeProcess[] nodes, StampedeGuard guard, int keys)
    {
        var round = new StampedeRound(guard, $"{Guid.NewGuid():N}", keys, Callers / nodes.Length, DateTimeOffset.UtcNow + Preparation);
        var answers = await Task.WhenAll(nodes.Select(node => node.AskAsync<StampedeRound, StampedeAnswer>(round)));
        return new StampedeAnswer(answers.Sum(static answer => answer.FactoryRuns), [.. answers.SelectMany(static answer => answer.Milliseconds)]);
    }

    private static LatencyHistogram Histogram(double[] milliseconds)
    {
        var histogram = new LatencyHistogram();
        Array.ForEach(milliseconds, time => histogram.Record(TimeSpan.FromMilliseconds(time)));
        return histogram;
    }

    private static string Median(List<LatencyHistogram> rounds, double part) =>
        string.Create(CultureInfo.InvariantCulture, $"{rounds.Select(round => round.Quantile(part)).Order().ElementAt(rounds.Count / 2) / 1_000:F1}");
}
