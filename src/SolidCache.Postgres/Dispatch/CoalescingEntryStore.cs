using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Dispatch;

/// <summary>
/// Lets calls that arrive while another is under way travel together. The synchronous calls go alone, on a thread that blocks anyway, and
/// keep the order of their key; the rare verbs go alone too.
/// </summary>
internal sealed class CoalescingEntryStore : IEntryStore, IAsyncDisposable
{
    /// <summary>Connections of the synchronous calls.</summary>
    private const int SyncCalls = 2;

    private readonly IEntryStore _direct;
    private readonly TimeSpan _patience;
    private readonly ReadQueue _reads;
    private readonly WriteQueue _writes;
    private readonly Lanes<ReadRequest> _readLanes;
    private readonly Lanes<KeyWrite> _writeLanes;
    private readonly RequestPool<ReadRequest> _readRequests = ReadRequest.NewPool();
    private readonly RequestPool<WriteRequest> _writeRequests = WriteRequest.NewPool();

    [SuppressMessage("Usage", "CA2213", Justification = "It has no wait handle to free, and calls may end after the store.")]
    private readonly SemaphoreSlim _syncCalls = new(SyncCalls);
    private volatile bool _isDisposed;

    public CoalescingEntryStore(
        IEntryStore direct,
        ReadQueue reads,
        WriteQueue writes,
        IEnumerable<IBatchExecutor<ReadRequest>> readExecutors,
        IEnumerable<IBatchExecutor<KeyWrite>> writeExecutors,
        TimeSpan patience,
        TimeProvider time)
    {
        (_direct, _reads, _writes, _patience) = (direct, reads, writes, patience);
        _readLanes = new(reads, readExecutors, patience, time);
        _writeLanes = new(writes, writeExecutors, patience, time);
        _writes.Ready = _writeLanes.Wake;
    }

    public ValueTask<bool> ReadAsync(
        CacheKey key, IBufferWriter<byte> destination, bool slide, bool async, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return async
            ? ReadTogetherAsync(key, destination, slide, cancellationToken)
            : Alone(() => _direct.ReadAsync(key, destination, slide, async: false, cancellationToken));
    }

    public ValueTask RefreshAsync(CacheKey key, bool async, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (async)
        {
            return RefreshTogetherAsync(key, cancellationToken);
        }

        Alone(() => Completed(_direct.RefreshAsync(key, async: false, cancellationToken)));
        return ValueTask.CompletedTask;
    }

    public ValueTask WriteAsync(
        CacheKey key, ReadOnlySequence<byte> value, Expiration expiration, bool durable, bool async, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (async)
        {
            return SendAsync(WriteRequest.Set(key, value, expiration, durable, _writeRequests), cancellationToken);
        }

        InTurn(key, () => Completed(_direct.WriteAsync(key, value, expiration, durable, async: false, cancellationToken)));
        return ValueTask.CompletedTask;
    }

    public ValueTask RemoveAsync(CacheKey key, bool async, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (async)
        {
            return SendAsync(WriteRequest.Remove(key, _writeRequests), cancellationToken);
        }

        InTurn(key, () => Completed(_direct.RemoveAsync(key, async: false, cancellationToken)));
        return ValueTask.CompletedTask;
    }

    public async ValueTask<long> RemoveAsync(IReadOnlyList<KeyRange> ranges, CancellationToken cancellationToken)
    {
        await _writes.WhenPassedAsync(cancellationToken).ConfigureAwait(false);
        return await _direct.RemoveAsync(ranges, cancellationToken).ConfigureAwait(false);
    }

    public ValueTask<TimeSpan?> GetTimeToLiveAsync(CacheKey key, CancellationToken cancellationToken) =>
        _direct.GetTimeToLiveAsync(key, cancellationToken);

    public ValueTask<SolidCacheStatistics> GetStatisticsAsync(TimeSpan overdueAfter, CancellationToken cancellationToken) =>
        _direct.GetStatisticsAsync(overdueAfter, cancellationToken);

    /// <summary>Lets what is queued finish.</summary>
    public async ValueTask DisposeAsync()
    {
        _isDisposed = true;
        try
        {
            await FinishAsync().WaitAsync(_patience).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // The server does not answer. What is queued fails with the connections.
        }
    }

    private async Task FinishAsync()
    {
        await _writes.WhenPassedAsync(CancellationToken.None).ConfigureAwait(false);
        await Task.WhenAll(_readLanes.DisposeAsync().AsTask(), _writeLanes.DisposeAsync().AsTask()).ConfigureAwait(false);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> ReadTogetherAsync(CacheKey key, IBufferWriter<byte> destination, bool slide, CancellationToken cancellationToken)
    {
        var value = await SendReadAsync(key, cancellationToken).ConfigureAwait(false);
        if (slide && value.TouchIsDue)
        {
            TouchBehind(key);
        }

        return value.MoveTo(destination);
    }

    private async ValueTask RefreshTogetherAsync(CacheKey key, CancellationToken cancellationToken)
    {
        var value = await SendReadAsync(key, cancellationToken).ConfigureAwait(false);
        value.Return();
        if (value.TouchIsDue)
        {
            await SendAsync(WriteRequest.Touch(key, _writeRequests), cancellationToken).ConfigureAwait(false);
        }
    }

    private ValueTask<ReadValue> SendReadAsync(CacheKey key, CancellationToken cancellationToken)
    {
        var request = ReadRequest.Of(key, _readRequests);
        _reads.Add(request);
        var answer = request.WaitAsync(cancellationToken);
        _readLanes.Wake();
        return answer;
    }

    private ValueTask SendAsync(WriteRequest request, CancellationToken cancellationToken)
    {
        try
        {
            _writes.Add(request);
        }
        catch (SolidCacheException full)
        {
            return ValueTask.FromException(full);
        }

        var answer = request.WhenDoneAsync(cancellationToken);
        _writeLanes.Wake();
        return answer;
    }

    /// <summary>Nobody waits for it, and nobody fails with it.</summary>
    private void TouchBehind(CacheKey key)
    {
        var touch = WriteRequest.Touch(key, _writeRequests);
        try
        {
            _writes.Add(touch);
            touch.Release();
            _writeLanes.Wake();
        }
        catch (SolidCacheException)
        {
            // The queue is full; the next read finds the touch due again.
        }
    }

    private static bool Completed(ValueTask call)
    {
        call.GetAwaiter().GetResult();
        return true;
    }

    /// <summary>The turn first: whoever has one of the few connections waits for nobody.</summary>
    private void InTurn(CacheKey key, Func<bool> work) => InTime(limit =>
    {
        Completed(_writes.TakeTurnAsync(key, async: false, limit.Token));
        try
        {
            return Alone(work, limit);
        }
        finally
        {
            _writes.EndTurn(key);
        }
    });

    private T Alone<T>(Func<T> work) => InTime(limit => Alone(work, limit));

    private T InTime<T>(Func<CallLimit, T> work)
    {
        using var limit = _writes.LimitOf(CancellationToken.None);
        try
        {
            return work(limit);
        }
        catch (OperationCanceledException) when (limit.IsOver)
        {
            throw limit.Error();
        }
    }

    private T Alone<T>(Func<T> work, CallLimit limit)
    {
        _syncCalls.Wait(limit.Token);
        try
        {
            return work();
        }
        finally
        {
            _syncCalls.Release();
        }
    }
}
