using System.Buffers;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Dispatch;

/// <summary>A write that waits for its batch. It holds a copy of its value: its caller may be gone before it is sent.</summary>
internal sealed class WriteRequest : Request<bool>
{
    private readonly RequestPool<WriteRequest> _pool;
    private byte[]? _rented;

    private WriteRequest(RequestPool<WriteRequest> pool) => _pool = pool;

    public CacheKey Key { get; private set; }

    public WriteKind Kind { get; private set; }

    public Expiration Expiration { get; private set; }

    public bool IsDurable { get; private set; }

    public ReadOnlyMemory<byte> Value { get; private set; }

    /// <summary>The next in the <see cref="WriteChain"/> that it is part of.</summary>
    public WriteRequest? Next { get; set; }

    public static RequestPool<WriteRequest> NewPool() => new(static pool => new(pool));

    public static WriteRequest Set(
        CacheKey key, ReadOnlySequence<byte> value, Expiration expiration, bool durable, RequestPool<WriteRequest> pool)
    {
        var request = Of(key, WriteKind.Set, durable, pool);
        var length = (int)value.Length;
        var rented = ValueMemory.Rent(length);
        value.CopyTo(rented);
        request._rented = rented;
        request.Value = rented.AsMemory(0, length);
        request.Expiration = expiration;
        return request;
    }

    public static WriteRequest Remove(CacheKey key, RequestPool<WriteRequest> pool) => Of(key, WriteKind.Remove, durable: true, pool);

    public static WriteRequest Touch(CacheKey key, RequestPool<WriteRequest> pool) => Of(key, WriteKind.Touch, durable: false, pool);

    /// <summary>A place in the line of one key for somebody who executes the write himself, or only waits for those before.</summary>
    public static WriteRequest Turn(CacheKey key, RequestPool<WriteRequest> pool) => Of(key, WriteKind.Turn, durable: false, pool);

    /// <summary>Gives the memory back; nobody reads the value any more.</summary>
    public void ReleaseValue()
    {
        if (_rented is { } rented)
        {
            _rented = null;
            ValueMemory.Return(rented);
        }
    }

    protected override void Recycle()
    {
        (Key, Expiration, Value, Next) = (default, default, default, null);
        _pool.Return(this);
    }

    private static WriteRequest Of(CacheKey key, WriteKind kind, bool durable, RequestPool<WriteRequest> pool)
    {
        var request = pool.Rent();
        (request.Key, request.Kind, request.IsDurable) = (key, kind, durable);
        return request;
    }
}
