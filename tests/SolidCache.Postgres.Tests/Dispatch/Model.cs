using System.Buffers;
using System.Collections.Concurrent;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Tests.Dispatch;

/// <summary>A history of calls on a few keys, and what may not be in it.</summary>
internal sealed class Model(ModelServer server, IEntryStore store)
{
    private readonly ConcurrentQueue<Call> _calls = new();
    private int _time;

    /// <summary>One client: some calls at a time, blocking ones in between.</summary>
    public void Run(int client, int seed, int count)
    {
        var random = new Random(seed);
        string[] keys = ["shared1", "shared2", $"own{client}"];
        var pending = new List<Task>();
        for (var number = 0; number < count; number++)
        {
            var kind = random.Next(24);
            var call = new Call(keys[random.Next(keys.Length)], kind == 0 ? CallKind.RemoveRange : (CallKind)(kind % 4)) { Start = Now() };
            _calls.Enqueue(call);
            var async = call.Kind == CallKind.RemoveRange || random.Next(4) > 0;
            using var cancellation = new CancellationTokenSource();
            var when = async && call.Kind != CallKind.RemoveRange ? random.Next(12) : 99;
            if (when == 0)
            {
                cancellation.Cancel();
            }

            var execution = ExecuteAsync(call, async, cancellation.Token);
            if (call.Kind != CallKind.RemoveRange)
            {
                call.Placed = Now();
            }

            pending.Add(execution);
            if (when == 1)
            {
                Thread.SpinWait(random.Next(2_000));
                cancellation.Cancel();
            }

            if (pending.Count > random.Next(6))
            {
                Task.WaitAll([.. pending]);
                pending.Clear();
            }
        }

        Task.WaitAll([.. pending]);
    }

    /// <summary>How many calls ended well.</summary>
    public int Succeeded => _calls.Count(call => call.Succeeded);

    /// <summary>Says what is wrong with the history, once all clients are done.</summary>
    public IEnumerable<string> Faults()
    {
        var calls = _calls.ToArray();
        foreach (var read in calls.Where(call => call is { Kind: CallKind.Read, Succeeded: true }))
        {
            if (!MayBeSeen(calls, read.Key, read.Value, read.Start, read.End))
            {
                yield return $"{read} is stale.";
            }
        }

        foreach (var key in calls.Select(call => call.Key).Distinct())
        {
            if (!MayBeSeen(calls, key, server.Find(key), int.MaxValue, int.MaxValue))
            {
                yield return $"{key} ends as {server.Find(key)}.";
            }
        }

        foreach (var fault in server.Faults)
        {
            yield return fault;
        }
    }

    /// <summary>Whether a write of this value began before the end and no acknowledged write that is surely later ended before the start.</summary>
    private static bool MayBeSeen(Call[] calls, string key, int? value, int start, int end)
    {
        var writes = Array.FindAll(calls, call => call.Key == key && call.Kind is CallKind.Set or CallKind.Remove or CallKind.RemoveRange);
        return writes
            .Where(write => write.Start < end && (write.Kind == CallKind.Set ? write.Value : null) == value)
            .Select(write => write.Placed)
            .Concat(value is null ? [0] : [])
            .Any(placed => !Array.Exists(writes, later => later.Succeeded && later.Start > placed && later.End < start));
    }

    private async Task ExecuteAsync(Call call, bool async, CancellationToken token)
    {
        try
        {
            var key = new CacheKey(call.Key);
            switch (call.Kind)
            {
                case CallKind.Set:
                    call.Value = call.Start;
                    await store.WriteAsync(key, new(BitConverter.GetBytes(call.Start)), default, durable: call.Start % 5 == 0, async, token);
                    break;
                case CallKind.Remove:
                    await store.RemoveAsync(key, async, token);
                    break;
                case CallKind.Read:
                    var destination = new ArrayBufferWriter<byte>();
                    call.Value = await store.ReadAsync(key, destination, slide: true, async, token) ? BitConverter.ToInt32(destination.WrittenSpan) : null;
                    break;
                case CallKind.Refresh:
                    await store.RefreshAsync(key, async, token);
                    break;
                default:
                    await store.RemoveAsync([new KeyRange(call.Key, null, null, false)], token);
                    call.Placed = Now();
                    break;
            }

            call.End = Now();
            call.Succeeded = true;
        }
        catch (OperationCanceledException) when (token.IsCancellationRequested)
        {
            // It may have happened or not.
        }
        catch (Exception error) when (error is IOException or TimeoutException or Outage)
        {
            // Neither does anybody know this.
        }
    }

    private int Now() => Interlocked.Increment(ref _time);

    private enum CallKind
    {
        Set,
        Remove,
        Read,
        Refresh,

        /// <summary>Of the one key. Its order is settled when it ends.</summary>
        RemoveRange,
    }

    /// <summary>A call: from <see cref="Placed"/> on its order on its key is settled.</summary>
    private sealed record Call(string Key, CallKind Kind)
    {
        public int Start { get; init; }

        public int Placed { get; set; } = int.MaxValue;

        public int End { get; set; } = int.MaxValue;

        public int? Value { get; set; }

        public bool Succeeded { get; set; }
    }
}
