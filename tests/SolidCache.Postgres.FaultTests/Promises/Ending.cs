using System.Diagnostics;

namespace SolidCache.Postgres.FaultTests.Promises;

/// <summary>How a call ended: with which error, if any, and how long after its beginning.</summary>
internal sealed record Ending(Exception? Error, TimeSpan Time)
{
    /// <summary>After it a call that has not come back is taken to be lost.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static async Task<Ending> OfAsync(Func<Task> call)
    {
        var began = Stopwatch.GetTimestamp();
        var running = BeginAsync(call);
        await running.WaitAsync(Patience).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var error = running switch
        {
            { IsCompleted: false } => new AssertionException($"A call did not come back within {Patience.TotalSeconds} seconds."),
            { IsCanceled: true } => new OperationCanceledException(),
            _ => running.Exception?.InnerException,
        };
        return new Ending(error, Stopwatch.GetElapsedTime(began));
    }

    public static Task<Ending[]> OfAllAsync(IEnumerable<Func<Task>> calls) => Task.WhenAll(calls.Select(OfAsync).ToArray());

    public override string ToString() => $"{Error?.GetType().Name ?? "success"} after {Time.TotalSeconds:0.00} s: {Error?.Message}";

    /// <summary>What a call throws at once is its error too.</summary>
    private static async Task BeginAsync(Func<Task> call) => await call();
}
