using SolidCache.Postgres.Benchmarks.Contestants;
using SolidCache.Postgres.Benchmarks.Load;
using SolidCache.Postgres.Benchmarks.Servers;
using SolidCache.Postgres.Benchmarks.Workloads;

namespace SolidCache.Postgres.Benchmarks.Comparisons;

/// <summary>
/// Measures contestants in turn, round by round: what slows the machine for a while slows a round of each, and the medians leave it out.
/// </summary>
internal sealed class Comparison(ComparisonSettings settings)
{
    /// <summary>Reports the rows of each case when all contestants have been through it.</summary>
    public async Task RunAsync(Action<IReadOnlyList<ComparisonRow>> report, CancellationToken cancellationToken)
    {
        await using var server = new PostgresServer();
        await server.RequireConnectionsAsync();
        var contestants = await StartAsync(server);
        try
        {
            foreach (var (valueBytes, group) in Groups())
            {
                var data = new Dataset(group.Key, settings.Keys, valueBytes);
                foreach (var contestant in contestants)
                {
                    await Filling.FillAsync(contestant, data);
                }

                foreach (var (workload, callers) in group.SelectMany(workload => settings.Concurrency.Select(callers => (workload, callers))))
                {
                    await Task.WhenAll(contestants.Select(contestant => contestant.ReconnectAsync()));
                    // Once for nothing: code gets compiled, connections get opened.
                    await MeasureAsync(contestants, workload, data, callers, rounds: 1, cancellationToken);
                    report(await MeasureAsync(contestants, workload, data, callers, settings.Rounds, cancellationToken));
                }
            }
        }
        finally
        {
            foreach (var contestant in contestants)
            {
                await contestant.DisposeAsync();
            }
        }
    }

    /// <summary>Workloads on the same entries beside each other, so that these are stored once.</summary>
    private IEnumerable<(int ValueBytes, IGrouping<KeySpace, Workload> Workloads)> Groups() =>
        from valueBytes in settings.Sizes
        from byKeySpace in WorkloadList.All.Where(workload => settings.Workloads.Contains(workload.Name)).GroupBy(workload => workload.KeySpace)
        select (valueBytes, byKeySpace);

    private async Task<List<IContestant>> StartAsync(PostgresServer server)
    {
        List<IContestant> contestants = [];
        foreach (var name in settings.Contestants)
        {
            contestants.Add(await ContestantList.CreateAsync(name, server));
        }

        return contestants;
    }

    private async Task<IReadOnlyList<ComparisonRow>> MeasureAsync(
        List<IContestant> contestants, Workload workload, Dataset data, int callers, int rounds, CancellationToken cancellationToken)
    {
        var suited = contestants.Where(contestant => workload.Suits(contestant.CacheFor(workload.KeySpace))).ToArray();
        // What is used up while nothing counts is missing afterwards: Redis removes 20,000 entries in a tenth of a second.
        var warmUp = workload.Consumes ? TimeSpan.Zero : settings.WarmUp;
        var measured = suited.ToDictionary(contestant => contestant.Name, _ => new List<RoundResult>());
        for (var round = 0; round < rounds; round++)
        {
            // Each goes first in turn, so that nobody always follows the same neighbour.
            foreach (var contestant in suited.Skip(round % suited.Length).Concat(suited.Take(round % suited.Length)))
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (workload.Consumes)
                {
                    await Filling.AddAsync(contestant.Filler, data);
                }

                var loop = new ClosedLoop(contestant.CacheFor(workload.KeySpace), workload, data, callers);
                measured[contestant.Name].Add(await loop.RunAsync(warmUp, settings.Duration, contestant.CountConnectionsAsync));
            }
        }

        return [.. measured.Select(pair => ComparisonRow.Of(new ComparisonCase(workload.Name, data.ValueBytes, callers, pair.Key), pair.Value))];
    }
}
