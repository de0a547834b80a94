namespace SolidCache.Postgres.Dispatch;

/// <summary>
/// The touches that wait. They need no order: one that comes late extends what is there by that entry's own window, or finds nothing. So no write
/// waits for them, and at most one that nobody waits for is pending a key. Guarded by the queue's lock.
/// </summary>
internal sealed class Touches(BatchLimits limits)
{
    private readonly Dictionary<string, WriteRequest> _unawaited = new(StringComparer.Ordinal);
    private readonly HashSet<WriteRequest> _underWay = [];
    private Chain<WriteRequest> _waiting;

    public bool IsEmpty => _waiting.IsEmpty && _underWay.Count == 0;

    public bool HasWork => !_waiting.IsEmpty;

    /// <summary>The number of the first that waits.</summary>
    public long FirstWaitingNumber => _waiting.First?.Number ?? long.MaxValue;

    /// <summary>The number of the first that has not ended.</summary>
    public long FirstNumber => Math.Min(FirstWaitingNumber, _underWay.Select(static touch => touch.Number).DefaultIfEmpty(long.MaxValue).Min());

    public IReadOnlyCollection<WriteRequest> UnderWay => _underWay;

    public WriteRequest? Waiting => _waiting.First;

    /// <summary>Whether there is a place for one that nobody waits for; the next read finds the touch due again.</summary>
    public bool Admits(WriteRequest unawaited) => _unawaited.Count < limits.MaxWaiting && _unawaited.TryAdd(unawaited.Key.Stored, unawaited);

    public void Add(WriteRequest touch) => _waiting.Add(touch);

    public void Remove(WriteRequest touch)
    {
        _waiting.Remove(touch);
        Forget(touch);
    }

    public void Take(List<KeyWrite> batch)
    {
        while (batch.Count < limits.MaxBatchEntries && _waiting.First is { } touch)
        {
            _waiting.Remove(touch);
            _underWay.Add(touch);
            batch.Add(new(Line: null, touch, WriteKind.Touch));
        }
    }

    public void Ended(WriteRequest touch)
    {
        _underWay.Remove(touch);
        Forget(touch);
    }

    private void Forget(WriteRequest touch)
    {
        if (_unawaited.TryGetValue(touch.Key.Stored, out var unawaited) && unawaited == touch)
        {
            _unawaited.Remove(touch.Key.Stored);
        }
    }
}
