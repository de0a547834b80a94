namespace SolidCache.Postgres.Dispatch;

/// <summary>
/// The lines that may be worked on, in the order in which they became ready. A batch is of the kind of the first; large values go alone and one
/// at a time, so that a lane is left for the small ones, however many large ones wait. Guarded by the queue's lock.
/// </summary>
internal sealed class ReadyLines(BatchLimits limits)
{
    /// <summary>Lines that are looked at for a batch, those of other kinds included.</summary>
    private readonly int _mostLooks = limits.MaxBatchEntries * 4;

    /// <summary>Small ones of each kind: a large one, which may take long, is no reason for them to wait.</summary>
    private readonly int[] _underWay = new int[Enum.GetValues<WriteKind>().Length];
    private Chain<KeyLine> _small;
    private Chain<KeyLine> _large;
    private int _smallCount;
    private int _largeUnderWay;

    /// <summary>The number of the first write that may go.</summary>
    public long FirstNumber => First?.FirstNumber ?? long.MaxValue;

    public bool HasWork => First is not null;

    /// <summary>Whether another lane should start although one works: for many, for a large value, or for another kind than those under way.</summary>
    public bool KeepsAnotherLaneBusy =>
        _smallCount >= limits.AnotherLaneEntries
        || (First is { } first && (first.IsLarge || _underWay[(int)first.NextWrite.Kind] == 0));

    /// <summary>The oldest that may go.</summary>
    private KeyLine? First =>
        _largeUnderWay == 0 && _large.First is { } large && (_small.First is not { } small || large.FirstNumber < small.FirstNumber) ? large : _small.First;

    public void Add(KeyLine line)
    {
        (line.IsReady, line.IsLarge) = (true, IsLarge(line.NextWrite));
        if (line.IsLarge)
        {
            _large.Add(line);
        }
        else
        {
            _small.Add(line);
            _smallCount++;
        }
    }

    public void Remove(KeyLine line)
    {
        line.IsReady = false;
        if (line.IsLarge)
        {
            _large.Remove(line);
        }
        else
        {
            _small.Remove(line);
            _smallCount--;
        }
    }

    /// <summary>What would be taken of a ready line is another, which may be of another size. A small one that has waited as a large one is the next.</summary>
    public void Changed(KeyLine line)
    {
        if (line.IsLarge == IsLarge(line.NextWrite))
        {
            return;
        }

        Remove(line);
        Add(line);
        if (!line.IsLarge)
        {
            _small.Remove(line);
            _small.AddFirst(line);
        }
    }

    /// <summary>Moves the next lines into an empty batch.</summary>
    public void Take(List<KeyWrite> batch)
    {
        var next = First;
        if (next is { IsLarge: true })
        {
            Take(next, batch);
            return;
        }

        var (kind, bytes) = (next?.NextWrite.Kind, 0L);
        for (var looks = 0; next is not null && batch.Count < limits.MaxBatchEntries && looks < _mostLooks; looks++)
        {
            var line = next;
            next = line.Next;
            var write = line.NextWrite;
            if (write.Kind == kind && limits.Fits(batch.Count, bytes, write.Winner.Value.Length))
            {
                Take(line, batch);
                bytes += write.Winner.Value.Length;
            }
        }
    }

    public void Ended(KeyWrite write) => Tally(write, -1);

    private void Take(KeyLine line, List<KeyWrite> batch)
    {
        Remove(line);
        var write = line.Take();
        batch.Add(write);
        Tally(write, +1);
    }

    private void Tally(KeyWrite write, int difference)
    {
        if (IsLarge(write))
        {
            _largeUnderWay += difference;
        }
        else
        {
            _underWay[(int)write.Kind] += difference;
        }
    }

    private bool IsLarge(KeyWrite write) => write.Winner.Value.Length >= limits.LargeValueBytes;
}
