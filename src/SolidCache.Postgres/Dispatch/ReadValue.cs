using System.Buffers;

namespace SolidCache.Postgres.Dispatch;

/// <summary>What a read found: the value, in pooled memory that belongs to whoever receives it, or how long the entry lives.</summary>
/// <param name="Array">Null for a miss, and where the value was not asked for.</param>
/// <param name="Length">How much of the array is the value.</param>
/// <param name="TouchIsDue">Whether the entry's sliding expiration should be extended.</param>
/// <param name="Life">The entry's remaining life, where that was asked for; null for a miss.</param>
internal readonly record struct ReadValue(byte[]? Array, int Length, bool TouchIsDue, TimeSpan? Life = null)
{
    public bool IsHit => Array is not null;

    public static ReadValue Rent(int length, bool touchIsDue) => new(ValueMemory.Rent(length), length, touchIsDue);

    /// <summary>The same for another reader.</summary>
    public ReadValue Copy()
    {
        if (!IsHit)
        {
            return this;
        }

        var copy = Rent(Length, TouchIsDue);
        Array.AsSpan(0, Length).CopyTo(copy.Array);
        return copy;
    }

    /// <summary>Hands the value on, and its memory back.</summary>
    /// <returns>Whether there is one.</returns>
    public bool MoveTo(IBufferWriter<byte> destination)
    {
        try
        {
            if (Length > 0)
            {
                Array.AsSpan(0, Length).CopyTo(destination.GetSpan(Length));
                destination.Advance(Length);
            }

            return IsHit;
        }
        finally
        {
            Return();
        }
    }

    public void Return()
    {
        if (Array is not null)
        {
            ValueMemory.Return(Array);
        }
    }
}
