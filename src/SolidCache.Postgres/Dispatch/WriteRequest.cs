using System.Buffers;
using SolidCache.Postgres.Compression;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Dispatch;

/// <summary>A write that waits for its batch. It holds a copy of its value: its caller may be gone before it is sent.</summary>
internal sealed class WriteRequest : Request<bool>, ILinked<WriteRequest>
{
    private readonly RequestPool<WriteRequest> _pool;
    private readonly ValueCompression _compression;
    private byte[]? _rented;

    private WriteRequest(RequestPool<WriteRequest> pool, ValueCompression compression) => (_pool, _compression) = (pool, compression);

    public CacheKey Key { get; private set; }

    public WriteKind Kind { get; private set; }

    public Expiration Expiration { get; private set; }

    /// <summary>Gets what is sent of its value.</summary>
    public ReadOnlyMemory<byte> Value { get; private set; }

    /// <summary>Gets a value indicating whether that is compressed.</summary>
    public bool IsCompressed { get; private set; }

    /// <summary>Gets the lease that a fill has.</summary>
    public long Lease { get; private set; }

    /// <summary>Gets or sets a value indicating whether the server has stored a fill.</summary>
    public bool IsFilled { get; set; }

    /// <summary>Gets or sets the queue that it waits in; null once it was taken.</summary>
    public WriteQueue? Queue { get; set; }

    /// <summary>Gets or sets its place among all writes of the queue.</summary>
    public long Number { get; set; }

    public WriteRequest? Previous { get; set; }

    public WriteRequest? Next { get; set; }

    public static RequestPool<WriteRequest> NewPool(ValueCompression compression) => new(pool => new(pool, compression));

    public static WriteRequest Set(
        CacheKey key, ReadOnlySequence<byte> value, Expiration expiration, bool durable, long began, RequestPool<WriteRequest> pool)
    {
        var kind = expiration.IsSpecial ? WriteKind.TaggedSet : WriteKind.Set;
        return WithValue(Of(key, durable ? kind.Durable() : kind, began, pool), value, expiration);
    }

    public static WriteRequest Fill(CacheKey key, long lease, ReadOnlySequence<byte> value, Expiration expiration, long began, RequestPool<WriteRequest> pool)
    {
        var request = Of(key, WriteKind.Fill, began, pool);
        request.Lease = lease;
        return WithValue(request, value, expiration);
    }

    public static WriteRequest Remove(CacheKey key, long began, RequestPool<WriteRequest> pool) => Of(key, WriteKind.Remove, began, pool);

    public static WriteRequest Touch(CacheKey key, long began, RequestPool<WriteRequest> pool) => Of(key, WriteKind.Touch, began, pool);

    /// <summary>Answers all of them, each with an error of its own. Not under a lock.</summary>
    public static void Answer(Chain<WriteRequest> requests, Func<Exception>? error)
    {
        for (var request = requests.First; request is not null;)
        {
            // The next first: whoever is answered may be serving another call at once.
            var next = request.Next;
            request.Answer(error?.Invoke());
            request = next;
        }
    }

    /// <summary>Answers it, and lets go of it: nobody reads its value any more.</summary>
    public void Answer(Exception? error)
    {
        ReleaseValue();
        if (error is null)
        {
            Complete(Kind != WriteKind.Fill || IsFilled);
        }
        else
        {
            Fail(error);
        }

        Release();
    }

    public override void ReleaseValue()
    {
        if (_rented is { } rented)
        {
            _rented = null;
            Value = default;
            ValueMemory.Return(rented);
        }
    }

    protected override void Withdraw() => Queue?.Withdraw(this);

    protected override void Recycle()
    {
        (Key, Expiration, IsFilled, Previous, Next) = (default, default, false, null, null);
        _pool.Return(this);
    }

    private static WriteRequest WithValue(WriteRequest request, ReadOnlySequence<byte> value, Expiration expiration)
    {
        var rented = ValueMemory.Rent((int)value.Length);
        request.IsCompressed = request._compression.Copy(value, rented, out var length);
        request._rented = rented;
        request.Value = rented.AsMemory(0, length);
        request.Expiration = expiration;
        return request;
    }

    private static WriteRequest Of(CacheKey key, WriteKind kind, long began, RequestPool<WriteRequest> pool)
    {
        var request = pool.Rent();
        (request.Key, request.Kind) = (key, kind);
        request.Begin(began);
        return request;
    }
}
