using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace SolidCache.Postgres.FaultTests.Calls;

/// <summary>How a call ended, and after how long.</summary>
internal sealed record Ended(Exception? Error, TimeSpan After)
{
    /// <summary>What a call may need beyond its limit: half a second, and as much again on a machine that others use.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    /// <summary>A call that does not end must not keep a test from its end. Longer than any limit of the tests that use it.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public static Task<Ended> OfAsync(Func<Task> call) => OfAsync(call, Patience);

    [SuppressMessage("Design", "CA1031", Justification = "Whatever a call throws is what it ended with.")]
    public static async Task<Ended> OfAsync(Func<Task> call, TimeSpan patience)
    {
        var began = Stopwatch.GetTimestamp();
        Exception? error = null;
        try
        {
            // What a call throws at once is its error too.
            var running = call();
            using var ended = new CancellationTokenSource();
            await Task.WhenAny(running, Task.Delay(patience, ended.Token));
            await ended.CancelAsync();
            if (!running.IsCompleted)
            {
                throw new AssertionException($"A call did not come back within {patience.TotalSeconds} seconds.");
            }

            await running;
        }
        catch (Exception met)
        {
            error = met;
        }

        return new Ended(error, Stopwatch.GetElapsedTime(began));
    }

    public static Task<Ended[]> OfAllAsync(IEnumerable<Func<Task>> calls) => Task.WhenAll(calls.Select(OfAsync).ToArray());

    public override string ToString() => $"{After.TotalSeconds:0.00} s: {(Error is null ? "done" : $"{Error.GetType().Name}: {Error.Message}")}";
}
