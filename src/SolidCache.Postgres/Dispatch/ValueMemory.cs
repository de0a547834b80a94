using System.Buffers;

namespace SolidCache.Postgres.Dispatch;

/// <summary>
/// Pooled memory for values on their way. The shared pool keeps 32 arrays of a size for each processor; hundreds of callers at once need
/// more of the small ones than that.
/// </summary>
internal static class ValueMemory
{
    private const int MaxSmall = 4_096;
    private static readonly ArrayPool<byte> Small = ArrayPool<byte>.Create(MaxSmall, maxArraysPerBucket: 512);

    public static byte[] Rent(int length) => PoolOf(length).Rent(length);

    public static void Return(byte[] array) => PoolOf(array.Length).Return(array);

    private static ArrayPool<byte> PoolOf(int length) => length <= MaxSmall ? Small : ArrayPool<byte>.Shared;
}
