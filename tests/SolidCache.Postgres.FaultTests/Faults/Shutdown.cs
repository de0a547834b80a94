using System.Diagnostics;
using SolidCache.Postgres.FaultTests.Calls;
using SolidCache.Postgres.FaultTests.Servers;

namespace SolidCache.Postgres.FaultTests.Faults;

/// <summary>A process is asked to end while it is busy: what was acknowledged is so, and whoever calls until the end is told.</summary>
public sealed class Shutdown
{
    private const int Callers = 48;

    [TestCase(true, SolidCacheFailureMode.Throw)]
    [TestCase(true, SolidCacheFailureMode.Degrade)]
    [TestCase(false, SolidCacheFailureMode.Throw)]
    public async Task What_was_acknowledged_before_the_process_ended_is_in_effect(bool coalescing, SolidCacheFailureMode mode)
    {
        await using var cluster = await Cluster.StartNewAsync();
        using var node = await NodeProcess.StartAsync(
            cluster.ConnectionString, $"--Callers={Callers}", $"--Cache:Coalescing={coalescing}", $"--Cache:FailureMode={mode}");
        await Task.Delay(TimeSpan.FromSeconds(2));

        var began = Stopwatch.GetTimestamp();
        var (exitCode, lines) = await node.TerminateAsync(patience: TimeSpan.FromSeconds(15));
        var ended = Stopwatch.GetElapsedTime(began);

        var keys = (await cluster.ScalarAsync<string[]>("SELECT array_agg(key) FROM solid_cache_entries")).ToHashSet(StringComparer.Ordinal);
        var (set, removing, removed) = (Told(lines, "set"), Told(lines, "removing"), Told(lines, "removed"));
        var refusals = lines.Where(line => line.StartsWith("refused ", StringComparison.Ordinal)).ToList();
        await TestContext.Out.WriteLineAsync(
            $"ended {ended.TotalSeconds:0.00} s after SIGTERM; {set.Count} sets and {removed.Count} removes acknowledged, "
            + $"{lines.SkipWhile(line => line != "stopped").Count() - refusals.Count - 1} lines after the stop; {refusals[0]}");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(exitCode, Is.Zero);
            Assert.That(ended, Is.LessThan(TimeSpan.FromSeconds(5)));
            Assert.That(set.Except(removing).Except(keys).Take(5), Is.Empty, "What was set is there.");
            Assert.That(removed.Intersect(keys).Take(5), Is.Empty, "What was removed is not.");
            Assert.That(removed, Has.Count.GreaterThan(100));
            Assert.That(refusals.Where(refusal => !refusal.StartsWith("refused ObjectDisposedException", StringComparison.Ordinal)), Is.Empty);
            Assert.That(refusals, Has.Count.EqualTo(Callers), "Each caller is told that the cache is gone.");
            Assert.That(lines.Where(line => line.StartsWith("degraded", StringComparison.Ordinal)).Take(5), Is.Empty, "The end of a cache is no outage of its server.");
        }
    }

    private static List<string> Told(IEnumerable<string> lines, string what) =>
        [.. lines.Where(line => line.StartsWith(what + ' ', StringComparison.Ordinal)).Select(line => line[(what.Length + 1)..])];
}
