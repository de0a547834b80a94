namespace SolidCache.Postgres.Dispatch;

/// <summary>
/// The lines that may be worked on, in the order in which they became ready. A batch is of the kind of the first; large values go alone and one
/// at a time, so that a lane is left for the small ones. Guarded by the queue's lock.
/// </summary>
internal sealed class ReadyLines(BatchLimits limits)
{
    /// <summary>Lines that are looked at for a batch, those of other kinds included.</summary>
    private readonly int _mostLooks = limits.MaxBatchEntries * 4;
    private readonly int[] _underWay = new int[Enum.GetValues<WriteKind>().Length];
    private Chain<KeyLine> _lines;
    private int _largeUnderWay;

    public int Count { get; private set; }

    /// <summary>The number of the first write.</summary>
    public long FirstNumber => _lines.First?.FirstNumber ?? long.MaxValue;

    public bool HasWork => _lines.First is { } first && (_largeUnderWay == 0 || !IsLarge(first.NextWrite) || Count > 1);

    /// <summary>Whether another lane should start although one works: for many, for a large value, or for another kind than those under way.</summary>
    public bool KeepsAnotherLaneBusy =>
        Count >= limits.AnotherLaneEntries
        || (_lines.First is { } first && (IsLarge(first.NextWrite) ? _largeUnderWay == 0 : _underWay[(int)first.NextWrite.Kind] == 0));

    public void Add(KeyLine line)
    {
        line.IsReady = true;
        _lines.Add(line);
        Count++;
    }

    public void Remove(KeyLine line)
    {
        line.IsReady = false;
        _lines.Remove(line);
        Count--;
    }

    /// <summary>Moves the next lines into an empty batch.</summary>
    public void Take(List<KeyWrite> batch)
    {
        var bytes = 0L;
        var next = _lines.First;
        for (var looks = 0; next is not null && batch.Count < limits.MaxBatchEntries && looks < _mostLooks; looks++)
        {
            var line = next;
            next = line.Next;
            var write = line.NextWrite;
            if (!Joins(batch, bytes, write))
            {
                continue;
            }

            Remove(line);
            batch.Add(line.Take());
            bytes += write.Winner.Value.Length;
            Tally(write, +1);
            if (IsLarge(write))
            {
                return;
            }
        }
    }

    public void Ended(KeyWrite write) => Tally(write, -1);

    private bool Joins(List<KeyWrite> batch, long bytes, KeyWrite write) =>
        batch.Count == 0
            ? !IsLarge(write) || _largeUnderWay == 0
            : write.Kind == batch[0].Kind && limits.Fits(batch.Count, bytes, write.Winner.Value.Length);

    private void Tally(KeyWrite write, int difference)
    {
        _underWay[(int)write.Kind] += difference;
        _largeUnderWay += IsLarge(write) ? difference : 0;
    }

    private bool IsLarge(KeyWrite write) => write.Winner.Value.Length >= limits.LargeValueBytes;
}
