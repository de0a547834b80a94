using System.Buffers;
using System.Diagnostics;

namespace SolidCache.Postgres.Entries;

/// <summary>Receives a value into an array of exactly its length: the store asks once, for the whole.</summary>
internal sealed class ArrayReceiver : IBufferWriter<byte>
{
    public byte[] Array { get; private set; } = [];

    public void Advance(int count) => Debug.Assert(count == Array.Length, "A value is written as a whole.");

    public Memory<byte> GetMemory(int sizeHint = 0) => Array = GC.AllocateUninitializedArray<byte>(sizeHint);

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;
}
