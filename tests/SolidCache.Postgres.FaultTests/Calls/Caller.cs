using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Caching.Distributed;
using SolidCache.Postgres.Histories;

namespace SolidCache.Postgres.FaultTests.Calls;

/// <summary>One of many callers: one call after the other on keys that others use too, whatever becomes of them.</summary>
internal sealed class Caller(ISolidCache cache, int process, int number, LoadPlan plan, ConcurrentQueue<Operation> history, CallErrors errors)
{
    /// <summary>One asynchronous call in so many is cancelled, so that it is one in fifty of all.</summary>
    private const int CallsOfACancellation = 38;
    private const int SetsOfALargeOne = 200;
    private const int LatestCancellationMilliseconds = 20;
    private static readonly DistributedCacheEntryOptions Forever = new() { AbsoluteExpirationRelativeToNow = TimeSpan.FromDays(365) };

    /// <summary>Longer than a key goes unread, and short enough that touches become due.</summary>
    private static readonly DistributedCacheEntryOptions Sliding = new() { SlidingExpiration = TimeSpan.FromMinutes(1) };

    private readonly bool _isBlocking = plan.IsBlocking(number);

    /// <summary>Calls until it is told to stop. One that blocks does so on a thread of its own.</summary>
    public Task StartAsync(CancellationToken stopping) => _isBlocking
        ? Task.Factory.StartNew(() => RunAsync(stopping), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap()
        : Task.Run(() => RunAsync(stopping), CancellationToken.None);

    /// <summary>A read like any other.</summary>
    public Task ReadAsync(string key) => CallAsync(new Operation(process, number, key, OperationKind.Read), cancelAfter: null);

    private async Task RunAsync(CancellationToken stopping)
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
            var isLarge = plan.Values.HasLarge && random.Next(SetsOfALargeOne) == 0;
            int? cancelAfter = plan.IsMixed && !_isBlocking && random.Next(CallsOfACancellation) == 0 ? CancelAfter(random) : null;
            var value = kind != OperationKind.Write ? null : isLarge ? PaddedText.Large($"{number}.{index}") : $"{number}.{index}";
            await CallAsync(new Operation(process, number, keys[random.Next(keys.Length)], kind) { Value = value }, cancelAfter);
            // Many calls are under way at once, and still few enough that the check of the history is no work of minutes.
            await PauseAsync(random.Next(5, 15));
        }
    }

    /// <summary>Half of them at once: most calls take less than the time of the others, unless something is the matter.</summary>
    private static int CancelAfter(Random random) => random.Next(2) * random.Next(LatestCancellationMilliseconds + 1);

    /// <summary>A caller that blocks never leaves its thread.</summary>
    [SuppressMessage("Performance", "CA1849", Justification = "Blocking is what it is there for.")]
    private Task PauseAsync(int milliseconds)
    {
        if (!_isBlocking)
        {
            return Task.Delay(milliseconds, CancellationToken.None);
        }

        Thread.Sleep(milliseconds);
        return Task.CompletedTask;
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever a call throws is counted.")]
    private async Task CallAsync(Operation operation, int? cancelAfter)
    {
        using var cancellation = cancelAfter is null ? null : new CancellationTokenSource();
        var token = cancellation?.Token ?? CancellationToken.None;
        var value = operation.Kind == OperationKind.Write ? plan.Values.ToBytes(operation.Value!) : [];
        operation.Start = Stopwatch.GetTimestamp();
        history.Enqueue(operation);
        Outcome outcome;
        try
        {
            var execution = _isBlocking ? Execute(operation, value) : ExecuteAsync(operation, value, token);
            operation.Placed = Stopwatch.GetTimestamp();
            await CancelAsync(cancellation, cancelAfter);
            await execution;
            outcome = Outcome.Succeeded;
        }
        catch (OperationCanceledException) when (token.IsCancellationRequested)
        {
            outcome = Outcome.Cancelled;
        }
        catch (Exception error)
        {
            outcome = Outcome.Failed;
            errors.Add(operation, error);
        }

        operation.End = Stopwatch.GetTimestamp();
        operation.Outcome = outcome;
    }

    /// <summary>At once, or after a while: under way, or in the queue, or when it has ended.</summary>
    private static Task CancelAsync(CancellationTokenSource? cancellation, int? after)
    {
        if (after == 0)
        {
            return cancellation!.CancelAsync();
        }

        cancellation?.CancelAfter(after!.Value);
        return Task.CompletedTask;
    }

    private async Task ExecuteAsync(Operation operation, byte[] value, CancellationToken token)
    {
        switch (operation.Kind)
        {
            case OperationKind.Read:
                Found(operation, await cache.GetAsync(operation.Key, token));
                break;
            case OperationKind.Refresh:
                await cache.RefreshAsync(operation.Key, token);
                break;
            case OperationKind.Write:
                await cache.SetAsync(operation.Key, value, number % 2 == 0 ? Forever : Sliding, token);
                break;
            default:
                await cache.RemoveAsync(operation.Key, token);
                break;
        }
    }

    private Task Execute(Operation operation, byte[] value)
    {
        switch (operation.Kind)
        {
            case OperationKind.Read:
                Found(operation, cache.Get(operation.Key));
                break;
            case OperationKind.Refresh:
                cache.Refresh(operation.Key);
                break;
            case OperationKind.Write:
                // Neither kind of expiration goes with one kind of call.
                cache.Set(operation.Key, value, number % 8 == 3 ? Forever : Sliding);
                break;
            default:
                cache.Remove(operation.Key);
                break;
        }

        return Task.CompletedTask;
    }

    private void Found(Operation operation, byte[]? value) => operation.Value = value is null ? null : plan.Values.FromBytes(value);
}
