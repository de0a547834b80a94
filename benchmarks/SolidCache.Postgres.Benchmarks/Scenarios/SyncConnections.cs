using System.Diagnostics;
using Microsoft.Extensions.Caching.Distributed;
using SolidCache.Postgres.Benchmarks.Contestants;
using SolidCache.Postgres.Benchmarks.Load;
using SolidCache.Postgres.Benchmarks.Results;
using SolidCache.Postgres.Benchmarks.Workloads;

namespace SolidCache.Postgres.Benchmarks.Scenarios;

/// <summary>How many connections 256 callers use who read as fast as they can: asynchronous ones, and as many blocked threads.</summary>
internal static class SyncConnections
{
    private const int Callers = 256;
    private const int ValueBytes = 1_024;
    private static readonly ContestantName[] Contestants =
        [ContestantName.SolidCache, ContestantName.SolidCacheUncoalesced, ContestantName.Redis, ContestantName.PlainNpgsql];

    public static async Task<ResultTable> RunAsync(Table table, ScenarioSettings settings)
    {
        await table.Server.RequireConnectionsAsync();
        var results = new ResultTable("sync-connections", "Contestant", "Callers", "Connections", "ops/s");
        var data = new Dataset(KeySpace.Fixed, settings.Rows, ValueBytes);
        foreach (var name in Contestants)
        {
            await using var contestant = await ContestantList.CreateAsync(name, table.Server);
            await Filling.FillAsync(contestant, data);
            var cache = contestant.CacheFor(KeySpace.Fixed);
            var round = await new ClosedLoop(cache, new Get(WorkloadName.Get, KeySpace.Fixed), data, Callers)
                .RunAsync(settings.WarmUp, settings.Duration, contestant.CountConnectionsAsync);
            results.Add($"{name}", $"{Callers} asynchronous", $"{round.Connections}", $"{round.OperationsPerSecond:N0}");
            var (connections, rate) = await BlockAsync(contestant, cache, data, settings.WarmUp + settings.Duration);
            results.Add($"{name}", $"{Callers} threads", $"{connections}", $"{rate:N0}");
        }

        return results;
    }

    private static async Task<(int Connections, double Rate)> BlockAsync(
        IContestant contestant, IDistributedCache cache, Dataset data, TimeSpan duration)
    {
        var calls = 0L;
        var started = Stopwatch.GetTimestamp();
        var threads = Enumerable.Range(0, Callers).Select(number => Task.Factory.StartNew(
            () =>
            {
                var random = new Random(number);
                while (Stopwatch.GetElapsedTime(started) < duration)
                {
                    WrongAnswerException.ThrowUnless(cache.Get(data.Keys[random.Next(data.Keys.Length)])?.Length == ValueBytes, "a key");
                    Interlocked.Increment(ref calls);
                }
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default)).ToArray();
        await Task.WhenAll(threads);
        var elapsed = Stopwatch.GetElapsedTime(started);
        return (await contestant.CountConnectionsAsync(elapsed), calls / elapsed.TotalSeconds);
    }
}
