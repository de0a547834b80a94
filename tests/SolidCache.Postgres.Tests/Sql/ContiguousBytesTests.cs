using System.Buffers;
using System.Runtime.InteropServices;
using SolidCache.Postgres.Sql;

namespace SolidCache.Postgres.Tests.Sql;

/// <summary>A sequence as one piece of memory.</summary>
public sealed class ContiguousBytesTests
{
    [Test]
    public void One_segment_is_not_copied()
    {
        byte[] value = [0, 1, 2, 3, 4];
        using var contiguous = new ContiguousBytes(new ReadOnlySequence<byte>(value, 1, 3));

        Assert.That(MemoryMarshal.TryGetArray(contiguous.Memory, out var segment), Is.True);
        Assert.That(segment.Array, Is.SameAs(value));
        Assert.That((segment.Offset, segment.Count), Is.EqualTo((1, 3)));
    }

    [Test]
    public void Several_segments_are_joined_and_nothing_of_the_pooled_array_shows()
    {
        using var contiguous = new ContiguousBytes(Segment.Sequence([1, 2], [], [3], [4, 5, 6]));

        byte[] expected = [1, 2, 3, 4, 5, 6];
        Assert.That(contiguous.Memory.ToArray(), Is.EqualTo(expected));
    }

    [Test]
    public void An_empty_sequence_is_empty_memory()
    {
        using var none = new ContiguousBytes(ReadOnlySequence<byte>.Empty);
        using var absent = new ContiguousBytes(default);
        using var empties = new ContiguousBytes(Segment.Sequence([], []));

        Assert.That((none.Memory.Length, absent.Memory.Length, empties.Memory.Length), Is.EqualTo((0, 0, 0)));
    }
}
