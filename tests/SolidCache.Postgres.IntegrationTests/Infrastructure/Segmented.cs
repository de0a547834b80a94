using System.Buffers;

namespace SolidCache.Postgres.IntegrationTests.Infrastructure;

/// <summary>Cuts memory into a sequence of segments.</summary>
public static class Segmented
{
    public static ReadOnlySequence<byte> Of(ReadOnlyMemory<byte> memory, int segmentLength)
    {
        var first = new Segment(memory[..segmentLength], 0);
        var last = first;
        for (var start = segmentLength; start < memory.Length; start += segmentLength)
        {
            last = last.Append(memory.Slice(start, Math.Min(segmentLength, memory.Length - start)));
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, long runningIndex)
        {
            Memory = memory;
            RunningIndex = runningIndex;
        }

        public Segment Append(ReadOnlyMemory<byte> memory)
        {
            var next = new Segment(memory, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}
