using System.Buffers;

namespace AuthService.Administration;

/// <summary>Receives a value and keeps nothing of it but its size.</summary>
internal sealed class ByteCounter : IBufferWriter<byte>
{
    private byte[] _scratch = [];

    public long Count { get; private set; }

    public void Advance(int count) => Count += count;

    public Memory<byte> GetMemory(int sizeHint = 0) =>
        _scratch = _scratch.Length >= Math.Max(sizeHint, 1) ? _scratch : GC.AllocateUninitializedArray<byte>(Math.Max(sizeHint, 1));

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;
}
