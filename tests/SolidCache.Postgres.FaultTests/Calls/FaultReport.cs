namespace SolidCache.Postgres.FaultTests.Calls;

/// <summary>What a fault did to the callers: told, written down, and held against what they may rely on.</summary>
internal static class FaultReport
{
    /// <summary>The file to which each fault adds its row of a Markdown table.</summary>
    private const string TableVariable = "SOLIDCACHE_FAULT_TABLE";

    /// <summary>A machine that is busy with the fault itself answers no clock at once. Less than a fault of 8 s lasts beyond a time-out, or a call that waits for its end would pass.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(1.5);

    /// <summary>
    /// Asserts that no call showed what cannot be, that all came back in time, and that the cache went on by itself.
    /// </summary>
    /// <param name="fault">What happened.</param>
    /// <param name="result">What came of it.</param>
    /// <param name="setsMayBeLost">Whether only removes are durable.</param>
    /// <param name="recovery">How long after the end of the fault calls may still fail; the time-out of a call unless told otherwise.</param>
    public static async Task AssertAsync(string fault, LoadResult result, bool setsMayBeLost = false, TimeSpan? recovery = null)
    {
        var anomalies = result.Anomalies(setsMayBeLost);
        var errors = new ErrorCounts();
        errors.Add(result.Errors);
        await WriteAsync(
            $"| {fault} | {result.Operations.Count} | {errors} | {result.LongestCall.TotalSeconds:0.0} s | {anomalies.Count} "
            + $"| {(result.Recovery is { } time ? $"{time.TotalSeconds:0.0} s" : "never")} |");
        foreach (var kind in result.Errors.GroupBy(error => error.Kind))
        {
            await TestContext.Out.WriteLineAsync($"{kind.Key}: {Said(kind.First().Error)}");
        }

        Judge(result, anomalies, result.Recovery, recovery ?? result.OperationTimeout);
    }

    /// <summary>Asserts that nothing happened to the callers that may not.</summary>
    /// <param name="result">What they met.</param>
    /// <param name="anomalies">What is wrong with it as a history.</param>
    /// <param name="recovery">How long it took until the cache went on.</param>
    /// <param name="longest">How long it may take.</param>
    /// <param name="grace">How much longer than its limit a call may take.</param>
    public static void Judge(LoadResult result, IReadOnlyCollection<string> anomalies, TimeSpan? recovery, TimeSpan longest, TimeSpan? grace = null)
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(anomalies.Take(5), Is.Empty, "What cannot be is not seen.");
            Assert.That(result.Unfinished.Take(5), Is.Empty, "Every call comes back.");
            Assert.That(result.Errors.Where(error => !ErrorKind.IsExpected(error.Kind)).Take(2), Is.Empty, "What calls fail with says what happened.");
            Assert.That(result.LongestCall, Is.LessThan(result.OperationTimeout + (grace ?? Slack)), () => $"No call takes longer than it may: {result.Longest}");
            Assert.That(result.LongestCancelled, Is.LessThan(Ended.Grace), "Whoever cancels a call is free.");
            Assert.That(recovery, Is.Not.Null.And.LessThan(longest + Slack), "The cache goes on by itself.");
            Assert.That(result.Errors.Where(error => error.Start >= result.Calm).Take(2), Is.Empty, "After the fault all is well.");
        }
    }

    private static string Said(Exception error) =>
        $"{error.GetType().Name}: {error.Message}" + (error.InnerException is { } inner ? $" <- {Said(inner)}" : "");

    private static async Task WriteAsync(string row)
    {
        await TestContext.Out.WriteLineAsync(row);
        if (Environment.GetEnvironmentVariable(TableVariable) is { Length: > 0 } file)
        {
            if (!File.Exists(file))
            {
                await File.WriteAllTextAsync(
                    file, "| fault | operations | errors | longest call | anomalies | recovery |\n|---|---:|---|---:|---:|---:|\n");
            }

            await File.AppendAllTextAsync(file, row + "\n");
        }
    }
}
