using System.Runtime.InteropServices;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Dispatch;

/// <summary>The lines of all keys that are written, and those of them that may be worked on. Guarded by the queue's lock.</summary>
internal sealed class KeyLines(BatchLimits limits)
{
    private readonly Dictionary<string, KeyLine> _lines = new(StringComparer.Ordinal);
    private readonly Stack<KeyLine> _unused = new();

    public ReadyLines Ready { get; } = new(limits);

    public bool IsEmpty => _lines.Count == 0;

    /// <summary>Gets all of them, some of which may end while they are walked over.</summary>
    public KeyLine[] All => [.. _lines.Values];

    public void Add(WriteRequest request)
    {
        ref var line = ref CollectionsMarshal.GetValueRefOrAddDefault(_lines, request.Key.Stored, out var exists);
        if (!exists)
        {
            line = NewLine(request.Key.Stored);
        }

        line!.Add(request);
        Advance(line);
    }

    public void Remove(WriteRequest request)
    {
        var line = _lines[request.Key.Stored];
        line.Remove(request);
        Advance(line);
    }

    /// <summary>What is under way has ended, and the next may go.</summary>
    public void End(KeyLine line)
    {
        if (!line.IsOrphan)
        {
            line.End();
            Advance(line);
        }
    }

    /// <summary>Leaves what is under way to itself: the key gets another line, which goes on with what waits.</summary>
    public void Abandon(KeyLine line)
    {
        var fresh = NewLine(line.Key);
        _lines[line.Key] = fresh;
        line.MoveWaitingTo(fresh);
        Advance(fresh);
    }

    /// <summary>The number of the first write that has not ended; what is held up only counts if its key is in one of the ranges.</summary>
    public long FirstNumber(IReadOnlyList<KeyRange> ranges)
    {
        var first = long.MaxValue;
        foreach (var line in _lines.Values)
        {
            if (!line.IsHeldUp || ranges.Any(range => range.MayHold(line.Key)))
            {
                first = Math.Min(first, line.FirstNumber);
            }
        }

        return first;
    }

    private KeyLine NewLine(string key)
    {
        var line = _unused.TryPop(out var unused) ? unused : new KeyLine();
        line.Key = key;
        return line;
    }

    /// <summary>A line that nobody works on becomes ready, or ends.</summary>
    private void Advance(KeyLine line)
    {
        if (!line.IsEmpty)
        {
            if (line.IsReady)
            {
                Ready.Changed(line);
            }
            else if (!line.IsUnderWay)
            {
                Ready.Add(line);
            }

            return;
        }

        if (line.IsReady)
        {
            Ready.Remove(line);
        }

        _lines.Remove(line.Key);
        if (_unused.Count < limits.MaxBatchEntries)
        {
            _unused.Push(line);
        }
    }
}
