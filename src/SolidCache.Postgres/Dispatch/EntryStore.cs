using System.Buffers;
using System.Runtime.CompilerServices;
using SolidCache.Postgres.Compression;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Dispatch;

/// <summary>
/// Lets the calls of all keys travel together: puts them into the queues, wakes the lanes, and hands on the answers. Ranges of keys and statistics go
/// beside the lanes.
/// </summary>
internal sealed class EntryStore(
    ReadQueue reads,
    WriteQueue writes,
    Lanes<ReadRequest> readLanes,
    Lanes<KeyWrite> writeLanes,
    Watch watch,
    CallClock clock,
    CacheLife life,
    ValueCompression compression,
    Action unreadable,
    Func<IReadOnlyList<KeyRange>, CancellationToken, Task<long>> removeRanges,
    Func<IReadOnlyList<CacheKey>, CancellationToken, Task<long>> removeTags,
    Func<TimeSpan, CancellationToken, Task<SolidCacheStatistics>> readStatistics) : IEntryStore
{
    private static readonly KeyRange AllKeys = new("", To: null, Pattern: null, SkipsPrefixed: false);
    private readonly RequestPool<ReadRequest> _readRequests = ReadRequest.NewPool();
    private readonly RequestPool<WriteRequest> _writeRequests = WriteRequest.NewPool(compression);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> ReadAsync(
        CacheKey key, IBufferWriter<byte> destination, bool slide, bool async, CancellationToken cancellationToken)
    {
        var request = ReadRequest.Of(key, ReadKind.Value, clock.Now, _readRequests);
        request.Slides = slide;
        var value = await SendAsync(request, async, cancellationToken).ConfigureAwait(false);
        return Move(value, destination);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<EntryAge?> ReadAgedAsync(CacheKey key, IBufferWriter<byte> destination, bool slide, CancellationToken cancellationToken)
    {
        var request = ReadRequest.Of(key, ReadKind.AgedValue, clock.Now, _readRequests);
        request.Slides = slide;
        var value = await SendAsync(request, async: true, cancellationToken).ConfigureAwait(false);
        return Move(value, destination) ? value.Age : null;
    }

    public async ValueTask<LeaseAnswer> LeaseAsync(CacheKey key, LeaseTerms terms, bool async, CancellationToken cancellationToken)
    {
        var found = await SendAsync(OfLease(key, ReadKind.Lease, terms), async, cancellationToken).ConfigureAwait(false);
        var value = new ArrayReceiver();
        return new(found.Lease, Move(found, value) ? value.Array : null, found.Age);
    }

    public async ValueTask<LeaseState> RenewAsync(CacheKey key, LeaseTerms terms, bool async, CancellationToken cancellationToken)
    {
        var found = await SendAsync(OfLease(key, ReadKind.LeaseRenewal, terms), async, cancellationToken).ConfigureAwait(false);
        return found.Lease;
    }

    public ValueTask<bool> FillAsync(CacheKey key, long lease, ReadOnlySequence<byte> value, Expiration expiration, CancellationToken cancellationToken) =>
        SendAsync(WriteRequest.Fill(key, lease, value, expiration, clock.Now, _writeRequests), async: true, cancellationToken);

    public async ValueTask<bool> RefreshAsync(CacheKey key, bool async, CancellationToken cancellationToken)
    {
        var began = clock.Now;
        var found = await SendAsync(ReadRequest.Of(key, ReadKind.Life, began, _readRequests), async, cancellationToken).ConfigureAwait(false);
        return found.TouchIsDue && await SendAsync(WriteRequest.Touch(key, began, _writeRequests), async, cancellationToken).ConfigureAwait(false);
    }

    public ValueTask<bool> WriteAsync(
        CacheKey key, ReadOnlySequence<byte> value, Expiration expiration, bool durable, bool async, CancellationToken cancellationToken) =>
        SendAsync(WriteRequest.Set(key, value, expiration, durable, clock.Now, _writeRequests), async, cancellationToken);

    public ValueTask<bool> RemoveAsync(CacheKey key, bool async, CancellationToken cancellationToken) =>
        SendAsync(WriteRequest.Remove(key, clock.Now, _writeRequests), async, cancellationToken);

    public async ValueTask<long> RemoveAsync(IReadOnlyList<KeyRange> ranges, CancellationToken cancellationToken)
    {
        life.ThrowIfOver();
        await writes.WhenPassedAsync(ranges).WaitAsync(cancellationToken).ConfigureAwait(false);
        return await removeRanges(ranges, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<long> RemoveTagsAsync(IReadOnlyList<CacheKey> tags, CancellationToken cancellationToken)
    {
        life.ThrowIfOver();
        return await removeTags(tags, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<TimeSpan?> GetTimeToLiveAsync(CacheKey key, CancellationToken cancellationToken)
    {
        var found = await SendAsync(ReadRequest.Of(key, ReadKind.Life, clock.Now, _readRequests), async: true, cancellationToken).ConfigureAwait(false);
        return found.Life;
    }

    public async ValueTask<SolidCacheStatistics> GetStatisticsAsync(TimeSpan overdueAfter, CancellationToken cancellationToken)
    {
        life.ThrowIfOver();
        return await readStatistics(overdueAfter, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Writes a touch that is due; nobody waits for it, and nobody fails with it. It has what time its read has left.</summary>
    public void TouchBehind(CacheKey key, long began)
    {
        var touch = WriteRequest.Touch(key, began, _writeRequests);
        if (writes.TryAddUnawaited(touch))
        {
            touch.Release();
            writeLanes.Wake();
            watch.Wake();
        }
    }

    /// <summary>Refuses what comes from now on, and lets what came before finish, touches included, for as long as a call may take. Blocks.</summary>
    public void End()
    {
        life.End();
        var began = clock.Now;
        readLanes.End(clock.Limit);
        writes.WhenPassedAsync([AllKeys]).Wait(Left());
        writeLanes.End(Left());
        reads.FailWaiting(Ended);
        writes.FailWaiting(Ended);

        ObjectDisposedException Ended() => new(nameof(ISolidCache));

        TimeSpan Left() => clock.Limit > clock.Since(began) ? clock.Limit - clock.Since(began) : TimeSpan.Zero;
    }

    /// <summary>Hands a value on to its caller, on his own thread. One that is damaged is a miss.</summary>
    private bool Move(ReadValue value, IBufferWriter<byte> destination)
    {
        var isThere = value.MoveTo(destination);
        if (value.IsHit && !isThere)
        {
            unreadable();
        }

        return isThere;
    }

    private ReadRequest OfLease(CacheKey key, ReadKind kind, LeaseTerms terms)
    {
        var request = ReadRequest.Of(key, kind, clock.Now, _readRequests);
        request.Terms = terms;
        return request;
    }

    private ValueTask<ReadValue> SendAsync(ReadRequest request, bool async, CancellationToken cancellationToken) =>
        SendAsync<ReadRequest, ReadRequest, ReadValue>(request, reads, readLanes, async, cancellationToken);

    private ValueTask<bool> SendAsync(WriteRequest request, bool async, CancellationToken cancellationToken) =>
        SendAsync<WriteRequest, KeyWrite, bool>(request, writes, writeLanes, async, cancellationToken);

    private ValueTask<TAnswer> SendAsync<TRequest, TPart, TAnswer>(
        TRequest request, IRequestQueue<TRequest> queue, Lanes<TPart> lanes, bool async, CancellationToken cancellationToken)
        where TRequest : Request<TAnswer>
    {
        request.Blocks = !async;
        try
        {
            life.ThrowIfOver();
            queue.Add(request);
        }
        catch (Exception refusal) when (refusal is SolidCacheException or ObjectDisposedException)
        {
            request.ReleaseValue();
            return ValueTask.FromException<TAnswer>(refusal);
        }

        lanes.Wake();
        watch.Wake();
        return request.AnswerAsync(cancellationToken);
    }
}
