using System.Buffers;

namespace SolidCache.Postgres.IntegrationTests.Infrastructure;

/// <summary>Memory that is no array underneath.</summary>
public sealed unsafe class NativeMemory(int length) : MemoryManager<byte>
{
    private readonly byte* _pointer = (byte*)System.Runtime.InteropServices.NativeMemory.Alloc((nuint)length);

    public override Span<byte> GetSpan() => new(_pointer, length);

    public override MemoryHandle Pin(int elementIndex = 0) => new(_pointer + elementIndex);

    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing) => System.Runtime.InteropServices.NativeMemory.Free(_pointer);
}
