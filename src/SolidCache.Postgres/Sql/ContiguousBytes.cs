using System.Buffers;

namespace SolidCache.Postgres.Sql;

/// <summary>A sequence as one piece of memory: the caller's own if it is one already, else a pooled copy until disposal.</summary>
internal readonly struct ContiguousBytes : IDisposable
{
    private readonly byte[]? _rented;

    public ContiguousBytes(ReadOnlySequence<byte> sequence)
    {
        if (sequence.IsSingleSegment)
        {
            Memory = sequence.First;
            return;
        }

        var length = (int)sequence.Length;
        _rented = ArrayPool<byte>.Shared.Rent(length);
        sequence.CopyTo(_rented);
        Memory = _rented.AsMemory(0, length);
    }

    public ReadOnlyMemory<byte> Memory { get; }

    public void Dispose()
    {
        if (_rented is not null)
        {
            ArrayPool<byte>.Shared.Return(_rented);
        }
    }
}
