using System.Buffers;
using SolidCache.Postgres.Compression;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Dispatch;

/// <summary>What a read found: the value, in pooled memory that belongs to whoever receives it, or how long the entry lives.</summary>
/// <param name="Array">Null for a miss, and where the value was not asked for.</param>
/// <param name="Length">How much of the array is the value.</param>
/// <param name="TouchIsDue">Whether the entry's sliding expiration should be extended.</param>
/// <param name="Life">The entry's remaining life, where that was asked for; null for a miss.</param>
/// <param name="Age">What is known of the entry besides, where that was asked for.</param>
/// <param name="Lease">Whether the lease that was asked for is there.</param>
/// <param name="IsCompressed">Whether the array holds the value compressed; who receives it expands it.</param>
internal readonly record struct ReadValue(
    byte[]? Array, int Length, bool TouchIsDue, TimeSpan? Life = null, EntryAge Age = default, LeaseState Lease = LeaseState.Unavailable, bool IsCompressed = false)
{
    /// <summary>Gets what stands for a value that was left where it is, since no cache like this one has stored it: a miss.</summary>
    public static ReadValue Unwanted { get; } = new(Array: null, Length: -1, TouchIsDue: false);

    /// <summary>Gets what stands for a lease of a row that somebody has locked.</summary>
    public static ReadValue Locked { get; } = new(Array: null, 0, TouchIsDue: false, Lease: LeaseState.Locked);

    public bool IsUnwanted => Length < 0;

    public bool IsHit => Array is not null;

    public static ReadValue Rent(int length, bool touchIsDue) => new(ValueMemory.Rent(length), length, touchIsDue);

    /// <summary>The same for another reader, but for a lease, which is one's alone.</summary>
    public ReadValue Copy()
    {
        var copy = this with { Lease = Lease == LeaseState.Granted ? LeaseState.Held : Lease };
        if (!IsHit)
        {
            return copy;
        }

        copy = copy with { Array = ValueMemory.Rent(Length) };
        Array.AsSpan(0, Length).CopyTo(copy.Array);
        return copy;
    }

    /// <summary>Hands the value on, and its memory back.</summary>
    /// <returns>Whether there is one, and it could be read.</returns>
    public bool MoveTo(IBufferWriter<byte> destination)
    {
        try
        {
            if (IsCompressed)
            {
                return CompressedValue.TryRead(Array.AsSpan(0, Length), destination);
            }

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
