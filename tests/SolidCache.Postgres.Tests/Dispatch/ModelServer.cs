using System.Buffers;
using System.Collections.Concurrent;
using SolidCache.Postgres.Dispatch;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Tests.Dispatch;

/// <summary>A server that keeps numbers in a dictionary and goes on only when the test opens one of its gates.</summary>
internal sealed class ModelServer : IEntryStore
{
    private readonly Lock _gate = new();
    private readonly List<TaskCompletionSource> _gates = [];
    private readonly ConcurrentDictionary<string, int> _entries = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _underWay = new(StringComparer.Ordinal);
    private readonly Random _failures = new(1);

    /// <summary>What must never happen and did.</summary>
    public ConcurrentQueue<string> Faults { get; } = new();

    /// <summary>How many of a hundred writes fail.</summary>
    public int FailurePercentage { get; init; }

    public int? Find(string key) => _entries.TryGetValue(key, out var number) ? number : null;

    public int GateCount
    {
        get
        {
            lock (_gate)
            {
                return _gates.Count;
            }
        }
    }

    /// <summary>Lets one of those go on that wait.</summary>
    public bool OpenOne(Random random)
    {
        TaskCompletionSource gate;
        lock (_gate)
        {
            if (_gates.Count == 0)
            {
                return false;
            }

            var index = random.Next(_gates.Count);
            gate = _gates[index];
            _gates.RemoveAt(index);
        }

        gate.SetResult();
        return true;
    }

    public IBatchExecutor<ReadRequest> Reader(ReadQueue queue) => new ReadExecutor(this, queue);

    public IBatchExecutor<KeyWrite> Writer(WriteQueue queue) => new WriteExecutor(this, queue);

    public ValueTask<bool> ReadAsync(CacheKey key, IBufferWriter<byte> destination, bool slide, bool async, CancellationToken cancellationToken)
    {
        PassAsync().GetAwaiter().GetResult();
        if (Find(key.Stored) is not { } number)
        {
            return new(false);
        }

        destination.Write(BitConverter.GetBytes(number));
        return new(true);
    }

    public ValueTask RefreshAsync(CacheKey key, bool async, CancellationToken cancellationToken)
    {
        PassAsync().GetAwaiter().GetResult();
        return default;
    }

    public ValueTask WriteAsync(
        CacheKey key, ReadOnlySequence<byte> value, Expiration expiration, bool durable, bool async, CancellationToken cancellationToken)
    {
        ChangeAsync(key.Stored, BitConverter.ToInt32(value.ToArray())).GetAwaiter().GetResult();
        return default;
    }

    public ValueTask RemoveAsync(CacheKey key, bool async, CancellationToken cancellationToken)
    {
        ChangeAsync(key.Stored, null).GetAwaiter().GetResult();
        return default;
    }

    public ValueTask<long> RemoveAsync(IReadOnlyList<KeyRange> ranges, CancellationToken cancellationToken) => new(0);

    public ValueTask<TimeSpan?> GetTimeToLiveAsync(CacheKey key, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<SolidCacheStatistics> GetStatisticsAsync(TimeSpan overdueAfter, CancellationToken cancellationToken) => throw new NotSupportedException();

    private Task PassAsync()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            _gates.Add(gate);
        }

        return gate.Task;
    }

    private async Task ChangeAsync(string key, int? number, bool touches = false)
    {
        if (!_underWay.TryAdd(key, true))
        {
            Faults.Enqueue($"Two writes of {key} at once.");
        }

        try
        {
            await PassAsync();
            if (!touches && number is { } some)
            {
                _entries[key] = some;
            }
            else if (!touches)
            {
                _entries.TryRemove(key, out _);
            }

            await PassAsync();
            FailSometimes();
        }
        finally
        {
            _underWay.TryRemove(key, out _);
        }
    }

    /// <summary>After the change: whoever is told of an error does not know.</summary>
    private void FailSometimes()
    {
        lock (_failures)
        {
            if (_failures.Next(100) < FailurePercentage)
            {
                throw new SolidCacheException("The server failed.");
            }
        }
    }

    private sealed class ReadExecutor(ModelServer server, ReadQueue queue) : IBatchExecutor<ReadRequest>
    {
        public async Task ExecuteAsync(List<ReadRequest> batch)
        {
            await server.PassAsync();
            var found = batch.ConvertAll(request => server.Find(request.Key.Stored));
            await server.PassAsync();
            queue.End(batch);
            for (var index = 0; index < batch.Count; index++)
            {
                var value = default(ReadValue);
                if (found[index] is { } number)
                {
                    value = ReadValue.Rent(sizeof(int), touchIsDue: number % 3 == 0);
                    BitConverter.TryWriteBytes(value.Array, number);
                }

                if (!batch[index].Complete(value))
                {
                    value.Return();
                }

                batch[index].Release();
            }
        }

        public void GiveUp()
        {
        }

        public Task RestAsync() => server.PassAsync();
    }

    private sealed class WriteExecutor(ModelServer server, WriteQueue queue) : IBatchExecutor<KeyWrite>
    {
        public Task ExecuteAsync(List<KeyWrite> batch) => Task.WhenAll(batch.Select(ExecuteAsync));

        public void GiveUp()
        {
        }

        public Task RestAsync() => server.PassAsync();

        private async Task ExecuteAsync(KeyWrite write)
        {
            var winner = write.Winner;
            int? number = winner.Kind == WriteKind.Set ? BitConverter.ToInt32(winner.Value.Span) : null;
            Exception? failure = null;
            try
            {
                await server.ChangeAsync(winner.Key.Stored, number, winner.Kind == WriteKind.Touch);
                if (number is { } some && BitConverter.ToInt32(winner.Value.Span) != some)
                {
                    server.Faults.Enqueue($"The memory of {some} was given away while it was under way.");
                }
            }
            catch (SolidCacheException error)
            {
                failure = error;
            }

            queue.End(write, failure);
        }
    }
}
