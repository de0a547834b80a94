using System.Diagnostics;
using Microsoft.Extensions.Caching.Distributed;
using SolidCache.Postgres.Benchmarks.Contestants;
using SolidCache.Postgres.Benchmarks.Results;
using SolidCache.Postgres.Benchmarks.Workloads;

namespace SolidCache.Postgres.Benchmarks.Scenarios;

/// <summary>Gets and sets from threads that block: <c>IDistributedCache</c>'s synchronous half, as a session that is read without <c>LoadAsync</c> uses it.</summary>
internal static class BlockedThreads
{
    private const int ValueBytes = 1_024;
    private const int Rounds = 3;
    private static readonly int[] Threads = [1, 16, 256];
    private static readonly (string, Action<IDistributedCache, Dataset, string>)[] Calls = [("Get", Get), ("Set", Set)];
    private static readonly ContestantName[] Contestants =
        [ContestantName.SolidCache, ContestantName.SolidCacheUncoalesced, ContestantName.Redis, ContestantName.PlainNpgsql];

    public static async Task<ResultTable> RunAsync(Table table, ScenarioSettings settings)
    {
        await table.Server.RequireConnectionsAsync();
        var data = new Dataset(KeySpace.Fixed, settings.Rows, ValueBytes);
        var contestants = new List<IContestant>();
        try
        {
            foreach (var name in Contestants)
            {
                contestants.Add(await ContestantList.CreateAsync(name, table.Server));
                await Filling.FillAsync(contestants[^1], data);
            }

            return await CompareAsync(contestants, data, settings);
        }
        finally
        {
            foreach (var contestant in contestants)
            {
                await contestant.DisposeAsync();
            }
        }
    }

    private static async Task<ResultTable> CompareAsync(List<IContestant> contestants, Dataset data, ScenarioSettings settings)
    {
        var results = new ResultTable("blocked-threads", "Call", "Threads", "Contestant", "Connections", "ops/s", "ops/s ÷ Redis");
        foreach (var (call, act) in Calls)
        {
            foreach (var threads in Threads)
            {
                var rounds = contestants.ConvertAll(static _ => new List<(int Connections, double Rate)>());
                for (var round = 0; round < Rounds; round++)
                {
                    for (var number = 0; number < contestants.Count; number++)
                    {
                        var cache = contestants[number].CacheFor(KeySpace.Fixed);
                        await BlockAsync(threads, settings.WarmUp, key => act(cache, data, key), data);
                        var (elapsed, rate) = await BlockAsync(threads, settings.Duration, key => act(cache, data, key), data);
                        rounds[number].Add((await contestants[number].CountConnectionsAsync(elapsed), rate));
                    }
                }

                var medians = rounds.ConvertAll(static round => round.OrderBy(static one => one.Rate).ElementAt(Rounds / 2));
                var redis = medians[Array.IndexOf(Contestants, ContestantName.Redis)].Rate;
                for (var number = 0; number < contestants.Count; number++)
                {
                    var (connections, rate) = medians[number];
                    results.Add(call, $"{threads}", $"{contestants[number].Name}", $"{connections}", $"{rate:N0}", $"{rate / redis:F2}");
                }
            }
        }

        return results;
    }

    private static void Get(IDistributedCache cache, Dataset data, string key) =>
        WrongAnswerException.ThrowUnless(cache.Get(key)?.Length == data.ValueBytes, key);

    private static void Set(IDistributedCache cache, Dataset data, string key) => cache.Set(key, data.Values[0], data.KeySpace.Expiration);

    private static async Task<(TimeSpan Elapsed, double Rate)> BlockAsync(int threads, TimeSpan duration, Action<string> call, Dataset data)
    {
        var calls = 0L;
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, threads).Select(number => Task.Factory.StartNew(
            () =>
            {
                var random = new Random(number);
                var made = 0L;
                for (; Stopwatch.GetElapsedTime(started) < duration; made++)
                {
                    call(data.Keys[random.Next(data.Keys.Length)]);
                }

                Interlocked.Add(ref calls, made);
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default)));
        var elapsed = Stopwatch.GetElapsedTime(started);
        return (elapsed, calls / elapsed.TotalSeconds);
    }
}
