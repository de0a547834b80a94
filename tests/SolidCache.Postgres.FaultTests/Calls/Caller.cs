using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Caching.Distributed;
using SolidCache.Postgres.Histories;

namespace SolidCache.Postgres.FaultTests.Calls;

/// <summary>One of many callers: one call after the other on keys that others use too, whatever becomes of them.</summary>
internal sealed class Caller(
    ISolidCache cache, int process, int number, PaddedText values, ConcurrentQueue<Operation> history, ConcurrentQueue<CallError> errors)
{
    private const int Keys = 16;
    private static readonly DistributedCacheEntryOptions Forever = new() { AbsoluteExpirationRelativeToNow = TimeSpan.FromDays(365) };

    public static IEnumerable<string> AllKeys => Enumerable.Range(0, Keys).Select(key => $"key:{key}");

    public async Task RunAsync(CancellationToken stopping)
    {
        var random = new Random(number);
        for (var index = 0; !stopping.IsCancellationRequested; index++)
        {
            var kind = random.Next(10) switch { < 5 => OperationKind.Read, < 8 => OperationKind.Write, _ => OperationKind.Remove };
            var value = kind == OperationKind.Write ? $"{number}.{index}" : null;
            await CallAsync(new Operation(process, number, $"key:{random.Next(Keys)}", kind) { Value = value });
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
                operation.Value = found is null ? null : values.FromBytes(found);
                break;
            case OperationKind.Write:
                await cache.SetAsync(operation.Key, values.ToBytes(operation.Value!), Forever);
                break;
            default:
                await cache.RemoveAsync(operation.Key);
                break;
        }
    }
}
