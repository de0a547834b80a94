using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using Microsoft.Extensions.Caching.Distributed;
using SolidCache.Postgres.Histories;

namespace SolidCache.Postgres.FaultTests.Calls;

/// <summary>
/// More callers than a cache lets wait. Who is refused comes back a moment later. Any other error ends the crowd: a queue that is full is no reason for one.
/// </summary>
internal sealed class Crowd(ISolidCache cache, int callers)
{
    private const int Keys = 1_000;
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(100);
    private static readonly DistributedCacheEntryOptions Forever = new() { AbsoluteExpirationRelativeToNow = TimeSpan.FromDays(1) };
    private readonly byte[] _filler = new byte[4_000];
    private readonly ConcurrentQueue<Operation> _history = new();

    public IReadOnlyCollection<Operation> History => _history;

    public string? Refusal { get; private set; }

    public Task RunAsync(CancellationToken stopping) =>
        Task.WhenAll(Enumerable.Range(0, callers).Select(number => Task.Run(() => RunAsync(number, stopping), CancellationToken.None)));

    /// <summary>The times of all calls that ended so, from the shortest to the longest.</summary>
    public TimeSpan[] Times(Outcome outcome) =>
        [.. _history.Where(operation => operation.Outcome == outcome).Select(operation => Stopwatch.GetElapsedTime(operation.Start, operation.End)).Order()];

    private async Task RunAsync(int number, CancellationToken stopping)
    {
        var random = new Random(number);
        for (var index = 0; !stopping.IsCancellationRequested; index++)
        {
            var kind = random.Next(10) switch { < 5 => OperationKind.Read, < 8 => OperationKind.Write, _ => OperationKind.Remove };
            var operation = new Operation(0, number, $"key:{random.Next(Keys)}", kind) { Value = kind == OperationKind.Write ? $"{number}.{index}" : null };
            await CallAsync(operation);
            if (operation.Outcome == Outcome.Refused)
            {
                await Task.Delay(Moment, CancellationToken.None);
            }
        }
    }

    private async Task CallAsync(Operation operation)
    {
        // What is remembered of a call is made before it begins, so that its time is the cache's own.
        _history.Enqueue(operation);
        byte[] value = operation.Value is null ? [] : [.. Encoding.UTF8.GetBytes(operation.Value), .. _filler];
        operation.Start = Stopwatch.GetTimestamp();
        try
        {
            var execution = ExecuteAsync(operation, value);
            operation.Placed = Stopwatch.GetTimestamp();
            await execution;
            operation.Outcome = Outcome.Succeeded;
        }
        catch (SolidCacheException error) when (error.IsTransient)
        {
            operation.Outcome = Outcome.Refused;
            Refusal ??= error.Message;
        }

        operation.End = Stopwatch.GetTimestamp();
    }

    private async Task ExecuteAsync(Operation operation, byte[] value)
    {
        switch (operation.Kind)
        {
            case OperationKind.Read:
                var found = await cache.GetAsync(operation.Key);
                operation.Value = found is null ? null : Encoding.UTF8.GetString(found.AsSpan()[..^_filler.Length]);
                break;
            case OperationKind.Write:
                await cache.SetAsync(operation.Key, value, Forever);
                break;
            default:
                await cache.RemoveAsync(operation.Key);
                break;
        }
    }
}
