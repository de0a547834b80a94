using System.Buffers;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Dispatch;

/// <summary>A write that waits for its batch. It holds a copy of its value: its caller may be gone before it is sent.</summary>
internal sealed class WriteRequest : Request<bool>
{
    private byte[]? _rented;

    private WriteRequest(CacheKey key, WriteKind kind) => (Key, Kind) = (key, kind);

    public CacheKey Key { get; }

    public WriteKind Kind { get; }

    public Expiration Expiration { get; private init; }

    public bool IsDurable { get; private init; }

    public ReadOnlyMemory<byte> Value { get; private init; }

    public static WriteRequest Set(CacheKey key, ReadOnlySequence<byte> value, Expiration expiration, bool durable)
    {
        var length = (int)value.Length;
        var rented = ArrayPool<byte>.Shared.Rent(length);
        value.CopyTo(rented);
        return new WriteRequest(key, WriteKind.Set)
        {
            _rented = rented,
            Value = rented.AsMemory(0, length),
            Expiration = expiration,
            IsDurable = durable,
        };
    }

    public static WriteRequest Remove(CacheKey key) => new(key, WriteKind.Remove) { IsDurable = true };

    public static WriteRequest Touch(CacheKey key) => new(key, WriteKind.Touch);

    /// <summary>A place in the line of one key for somebody who executes the write himself, or only waits for those before.</summary>
    public static WriteRequest Turn(CacheKey key) => new(key, WriteKind.Turn);

    /// <summary>Gives the memory back; nobody reads the value any more.</summary>
    public void ReleaseValue()
    {
        if (_rented is { } rented)
        {
            _rented = null;
            ArrayPool<byte>.Shared.Return(rented);
        }
    }
}
