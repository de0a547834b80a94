using System.Diagnostics;
using SolidCache.Postgres.Benchmarks.Nodes;
using SolidCache.Postgres.Benchmarks.Workloads;

namespace SolidCache.Postgres.Benchmarks.Stampedes;

/// <summary>One of the processes.</summary>
internal static class StampedeNode
{
    public const string Work = "stampede";
    public static readonly TimeSpan FactoryTakes = TimeSpan.FromMilliseconds(50);
    private static readonly byte[] Value = new byte[1_024];

    public static async Task RunAsync()
    {
        await using var caches = new GuardedCaches();
        await NodeLoop.RunAsync<StampedeRound, StampedeAnswer>(round => RunAsync(caches, round));
    }

    private static async Task<StampedeAnswer> RunAsync(GuardedCaches caches, StampedeRound round)
    {
        var runs = 0;
        GC.Collect();
        var rest = round.StartsAt - DateTimeOffset.UtcNow;
        await Task.Delay(rest > TimeSpan.Zero ? rest : TimeSpan.Zero);
        var latencies = await Task.WhenAll(Enumerable.Range(0, round.Callers).Select(number => Task.Run(() => CallAsync($"{round.Name}:{number % round.Keys}"))));
        return new StampedeAnswer(runs, latencies);

        async Task<double> CallAsync(string key)
        {
            var started = Stopwatch.GetTimestamp();
            var value = await caches.GetOrCreateAsync(round.Guard, key, MakeAsync);
            WrongAnswerException.ThrowUnless(value.Length == Value.Length, key);
            return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        }

        async ValueTask<byte[]> MakeAsync(CancellationToken token)
        {
            Interlocked.Increment(ref runs);
            await Task.Delay(FactoryTakes, token);
            return Value;
        }
    }
}
