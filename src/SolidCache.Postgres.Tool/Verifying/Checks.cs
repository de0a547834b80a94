using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Microsoft.Extensions.Caching.Distributed;
using SolidCache.Postgres.Tool.Commands;

namespace SolidCache.Postgres.Tool.Verifying;

/// <summary>The ten things that a cache must do, each tried under keys of this run alone.</summary>
internal sealed class Checks(ISolidCache cache, Terminal terminal)
{
    private static readonly DistributedCacheEntryOptions OneMinute = new() { AbsoluteExpirationRelativeToNow = TimeSpan.FromMinutes(1) };
    private static readonly byte[] Value = [.. Enumerable.Range(0, 256).Select(static number => (byte)number)];
    private readonly string _prefix = $"solid-cache-verify:{Guid.NewGuid():N}:";

    /// <returns>Whether all passed.</returns>
    public async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        var (bytes, json) = ($"{_prefix}bytes", $"{_prefix}json");
        (string Name, Func<Task<bool>> Passes)[] checks =
        [
            ("set", async () => await DoneAsync(cache.SetAsync(bytes, Value, OneMinute, cancellationToken))),
            ("get", async () => await cache.GetAsync(bytes, cancellationToken) is { } read && read.SequenceEqual(Value)),
            ("set json", async () => await DoneAsync(cache.SetJsonAsync(json, SampleValue.One, ToolJson.Default.SampleValue, OneMinute, cancellationToken))),
            ("get json", async () => await cache.GetJsonAsync(json, ToolJson.Default.SampleValue, cancellationToken) is { } read
                && read.Roles.SequenceEqual(SampleValue.One.Roles) && (read with { Roles = SampleValue.One.Roles }) == SampleValue.One),
            ("exists", async () => await cache.ExistsAsync(bytes, cancellationToken) && !await cache.ExistsAsync($"{_prefix}none", cancellationToken)),
            ("ttl", async () => await cache.GetTimeToLiveAsync(bytes, cancellationToken) is { TotalSeconds: > 0 and <= 60 }),
            ("remove", async () => await DoneAsync(cache.RemoveAsync(bytes, cancellationToken)) && await cache.GetAsync(bytes, cancellationToken) is null),
            ("remove by pattern", async () => await cache.RemoveByPatternAsync(_prefix + "js%", cancellationToken) == 1 && !await cache.ExistsAsync(json, cancellationToken)),
            ("statistics", async () => await cache.GetStatisticsAsync(cancellationToken) is { TotalSizeBytes: > 0, TotalEntries: >= 0 }),
            ("expiry", () => ExpiresAsync(cancellationToken)),
        ];

        var rows = new List<string[]>();
        try
        {
            foreach (var (name, passes) in checks)
            {
                rows.Add(await TryAsync(name, passes));
            }
        }
        finally
        {
            await cache.RemoveByPrefixAsync(_prefix, CancellationToken.None);
        }

        terminal.Table(["Check", "Result", "Time"], rows);
        return rows.All(static row => row[1] == "passed");
    }

    /// <summary>What has expired is a miss, and what has not is still there. Nothing is swept: the expired rows of others stay, and the last sweep's time.</summary>
    private async Task<bool> ExpiresAsync(CancellationToken cancellationToken)
    {
        var (expiring, living) = ($"{_prefix}expiring", $"{_prefix}living");
        await cache.SetAsync(expiring, Value, new() { AbsoluteExpirationRelativeToNow = TimeSpan.FromMilliseconds(1) }, cancellationToken);
        await cache.SetAsync(living, Value, OneMinute, cancellationToken);
        await Task.Delay(TimeSpan.FromMilliseconds(10), cancellationToken);
        return !await cache.ExistsAsync(expiring, cancellationToken) && await cache.ExistsAsync(living, cancellationToken);
    }

    private static async Task<bool> DoneAsync(Task call)
    {
        await call;
        return true;
    }

    /// <summary>A server that is away ends the run; whatever else a check meets is its result.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "A check that throws has failed, and the others still run.")]
    private static async Task<string[]> TryAsync(string name, Func<Task<bool>> passes)
    {
        var began = Stopwatch.GetTimestamp();
        string result;
        try
        {
            result = await passes() ? "passed" : "FAILED";
        }
        catch (Exception error) when (error is not OperationCanceledException && Failure.Of(error) is not { Code: ExitCode.Unavailable })
        {
            result = $"FAILED: {error.Message.ReplaceLineEndings(" ")}";
        }

        return [name, result, string.Create(CultureInfo.InvariantCulture, $"{Stopwatch.GetElapsedTime(began).TotalMilliseconds:0.00} ms")];
    }
}
