using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Microsoft.Extensions.Caching.Distributed;
using Npgsql;
using SolidCache.Postgres.Histories;

namespace SolidCache.Postgres.HistoryWorker;

/// <summary>One of many callers: a few calls at a time on a few keys, so many of four that block, some of the others cancelled.</summary>
internal sealed class Caller(ISolidCache cache, History history, int process, int number, int seed, int blocking)
{
    private const int Keys = 8;
    private static readonly DistributedCacheEntryOptions Forever = new() { AbsoluteExpirationRelativeToNow = TimeSpan.FromDays(365) };

    public void Run(int count)
    {
        var random = new Random(seed);
        var pending = new List<Task>();
        for (var index = 0; index < count; index++)
        {
            var kind = random.Next(10) switch { < 4 => OperationKind.Read, < 8 => OperationKind.Write, _ => OperationKind.Remove };
            var operation = new Operation(process, number, $"key:{random.Next(Keys)}", kind);
            if (kind == OperationKind.Write)
            {
                operation.Value = $"{process}.{number}.{index}";
            }

            pending.Add(Begin(operation, random));
            if (pending.Count > random.Next(6))
            {
                Task.WaitAll([.. pending]);
                pending.Clear();
            }
        }

        Task.WaitAll([.. pending]);
    }

    private Task Begin(Operation operation, Random random)
    {
        var isAsync = random.Next(4) >= blocking;
        var cancelled = isAsync ? random.Next(16) : int.MaxValue;
        using var cancellation = new CancellationTokenSource();
        if (cancelled == 0)
        {
            cancellation.Cancel();
        }

        history.Add(operation);
        operation.Start = Stopwatch.GetTimestamp();
        var execution = ExecuteAsync(operation, isAsync, cancellation.Token);
        operation.Placed = Stopwatch.GetTimestamp();
        if (cancelled == 1)
        {
            Thread.SpinWait(random.Next(20_000));
            cancellation.Cancel();
        }

        return execution;
    }

    [SuppressMessage("Design", "CA1031", Justification = "An error of any other type is what the test looks for.")]
    private async Task ExecuteAsync(Operation operation, bool isAsync, CancellationToken token)
    {
        var isRefused = token.IsCancellationRequested;
        try
        {
            await CallAsync(operation, isAsync, token);
            operation.Outcome = Outcome.Succeeded;
            if (isRefused)
            {
                history.Report($"A cancelled token was ignored: {operation}");
            }
        }
        catch (OperationCanceledException) when (token.IsCancellationRequested)
        {
            operation.Outcome = isRefused ? Outcome.Refused : Outcome.Cancelled;
        }
        catch (Exception error) when ((error is NpgsqlException or SolidCacheException or TimeoutException) && !IsDeadlock(error))
        {
            operation.Outcome = Outcome.Failed;
        }
        catch (Exception error)
        {
            operation.Outcome = Outcome.Failed;
            history.Report($"{operation}: {error}");
        }

        operation.End = Stopwatch.GetTimestamp();
    }

    private async Task CallAsync(Operation operation, bool isAsync, CancellationToken token)
    {
        switch (operation.Kind)
        {
            case OperationKind.Read:
                var value = isAsync ? await cache.GetAsync(operation.Key, token) : cache.Get(operation.Key);
                operation.Value = value is null ? null : Encoding.UTF8.GetString(value);
                break;
            case OperationKind.Write when isAsync:
                await cache.SetAsync(operation.Key, Encoding.UTF8.GetBytes(operation.Value!), Forever, token);
                break;
            case OperationKind.Write:
                cache.Set(operation.Key, Encoding.UTF8.GetBytes(operation.Value!), Forever);
                break;
            case OperationKind.Remove when isAsync:
                await cache.RemoveAsync(operation.Key, token);
                break;
            default:
                cache.Remove(operation.Key);
                break;
        }
    }

    private static bool IsDeadlock(Exception? error) => error switch
    {
        PostgresException { SqlState: PostgresErrorCodes.DeadlockDetected } => true,
        AggregateException several => several.InnerExceptions.Any(IsDeadlock),
        null => false,
        _ => IsDeadlock(error.InnerException),
    };
}
