using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Caching.Distributed;
using SolidCache.Postgres.Histories;

namespace SolidCache.Postgres.FaultTests.Calls;

/// <summary>One of many callers: one call after the other on keys that others use too, whatever becomes of them.</summary>
internal sealed class Caller(
    ISolidCache cache, int process, int number, LoadPlan plan, ConcurrentQueue<Operation> history, ConcurrentQueue<CallError> errors)
{
    private static readonly DistributedCacheEntryOptions Forever = new() { AbsoluteExpirationRelativeToNow = TimeSpan.FromDays(365) };

    /// <summary>Longer than a key goes unread, and short enough that touches become due.</summary>
    private static readonly DistributedCacheEntryOptions Sliding = new() { SlidingExpiration = TimeSpan.FromMinutes(1) };

    public async Task RunAsync(CancellationToken stopping)
    {
        var random = new Random(plan.Seed + number);
        string[] keys = [.. plan.Keys];
        for (var index = 0; !stopping.IsCancellationRequested; index++)
        {
            var kind = random.Next(20) switch
            {
                < 9 => OperationKind.Read,
                < 10 => OperationKind.Refresh,
                < 16 => OperationKind.Write,
                _ => OperationKind.Remove,
            };
            var value = kind == OperationKind.Write ? $"{number}.{index}" : null;
            await CallAsync(new Operation(process, number, keys[random.Next(keys.Length)], kind) { Value = value });
            // Many calls are under way at once, and still few enough that the check of the history is no work of minutes.
            await Task.Delay(random.Next(5, 15), CancellationToken.None);
        }
    }

    /// <summary>A read like any other.</summary>
    public Task ReadAsync(string key) => CallAsync(new Operation(process, number, key, OperationKind.Read));

    [SuppressMessage("Design", "CA1031", Justification = "Whatever a call throws is counted.")]
    private async Task CallAsync(Operation operation)
    {
        operation.Start = Stopwatch.GetTimestamp();
        history.Enqueue(operation);
        Outcome outcome;
        try
        {
            var execution = ExecuteAsync(operation);
            operation.Placed = Stopwatch.GetTimestamp();
            await execution;
            outcome = Outcome.Succeeded;
        }
        catch (Exception error)
        {
            outcome = Outcome.Failed;
            errors.Enqueue(new CallError(operation.Start, operation.Kind, ErrorKind.Of(error), error));
        }

        operation.End = Stopwatch.GetTimestamp();
        operation.Outcome = outcome;
    }

    private async Task ExecuteAsync(Operation operation)
    {
        switch (operation.Kind)
        {
            case OperationKind.Read:
                var found = await cache.GetAsync(operation.Key);
                operation.Value = found is null ? null : plan.Values.FromBytes(found);
                break;
            case OperationKind.Refresh:
                await cache.RefreshAsync(operation.Key);
                break;
            case OperationKind.Write:
                await cache.SetAsync(operation.Key, plan.Values.ToBytes(operation.Value!), number % 2 == 0 ? Forever : Sliding);
                break;
            default:
                await cache.RemoveAsync(operation.Key);
                break;
        }
    }
}
