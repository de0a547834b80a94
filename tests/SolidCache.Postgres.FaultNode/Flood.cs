using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Caching.Distributed;

namespace SolidCache.Postgres.FaultNode;

/// <summary>Many sets of one key at once. One line says how many of them were done and how many failed.</summary>
internal sealed class Flood(ISolidCache cache, string key, TextWriter lines)
{
    private static readonly DistributedCacheEntryOptions Forever = new() { AbsoluteExpirationRelativeToNow = TimeSpan.FromDays(1) };

    public async Task RunAsync(int sets)
    {
        if (sets == 0)
        {
            return;
        }

        var done = await Task.WhenAll(Enumerable.Range(0, sets).Select(_ => IsDoneAsync()));
        await lines.WriteLineAsync($"flood done {done.Count(static isDone => isDone)} failed {done.Count(static isDone => !isDone)}");
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever a call throws is counted.")]
    private async Task<bool> IsDoneAsync()
    {
        try
        {
            await cache.SetAsync(key, [1], Forever);
            return true;
        }
        catch (Exception)
        {
            return false;
        }
    }
}
