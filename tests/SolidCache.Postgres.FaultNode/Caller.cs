using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Caching.Distributed;

namespace SolidCache.Postgres.FaultNode;

/// <summary>
/// Sets one key after the other, and removes every fourth again. A line says when a set was acknowledged, before a remove is asked for, when it was acknowledged,
/// and with which error the cache refused.
/// </summary>
internal sealed class Caller(ISolidCache cache, int number, TextWriter lines)
{
    private const int RemovedOneIn = 4;
    private static readonly DistributedCacheEntryOptions Forever = new() { AbsoluteExpirationRelativeToNow = TimeSpan.FromDays(1) };

    [SuppressMessage("Design", "CA1031", Justification = "Whatever a call throws is told.")]
    public async Task RunAsync()
    {
        try
        {
            for (var index = 0; ; index++)
            {
                await CallAsync($"{number}.{index}", isRemoved: index % RemovedOneIn == 0);
            }
        }
        catch (Exception error)
        {
            await lines.WriteLineAsync($"refused {error.GetType().Name} {error.Message.ReplaceLineEndings(" ")}");
        }
    }

    private async Task CallAsync(string key, bool isRemoved)
    {
        await cache.SetAsync(key, [1], Forever);
        await lines.WriteLineAsync($"set {key}");
        if (isRemoved)
        {
            await lines.WriteLineAsync($"removing {key}");
            await cache.RemoveAsync(key);
            await lines.WriteLineAsync($"removed {key}");
        }
    }
}
