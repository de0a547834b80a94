namespace SolidCache.Postgres.Dispatch;

/// <summary>
/// The lines that may be worked on, and which of them comes next into a batch. Large values go alone, behind small ones and one at a
/// time, so that a lane is left for the small ones. Guarded by the queue's lock.
/// </summary>
internal sealed class ReadyLines(BatchLimits limits)
{
    private readonly Queue<KeyLine> _small = new();
    private readonly Queue<KeyLine> _large = new();
    private bool _isLargeUnderWay;

    public bool IsEmpty => _small.Count == 0 && !HasLarge;

    public bool KeepsAnotherLaneBusy => _small.Count >= limits.AnotherLaneEntries || HasLarge;

    private bool HasLarge => _large.Count > 0 && !_isLargeUnderWay;

    public void Add(KeyLine line) => (line.NextBytes < limits.LargeValueBytes ? _small : _large).Enqueue(line);

    /// <summary>The next for a batch that holds so much already; null when nothing is ready, or fits.</summary>
    public KeyLine? Next(int entries, long bytes)
    {
        while (_small.TryPeek(out var line))
        {
            var next = line.NextBytes;
            if (next < limits.LargeValueBytes)
            {
                return limits.Fits(entries, bytes, next) ? _small.Dequeue() : null;
            }

            // It has become large since it was ready.
            _large.Enqueue(_small.Dequeue());
        }

        return entries == 0 && HasLarge ? _large.Dequeue() : null;
    }

    public void Began(KeyWrite write) => _isLargeUnderWay |= IsLarge(write);

    public void Ended(KeyWrite write) => _isLargeUnderWay &= !IsLarge(write);

    private bool IsLarge(KeyWrite write) => write.Winner.Value.Length >= limits.LargeValueBytes;
}
