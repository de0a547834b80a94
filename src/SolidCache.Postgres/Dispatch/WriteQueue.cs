using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Dispatch;

/// <summary>
/// Writes, in a line for each key. A batch takes one row a key from the lines that are not under way; the order of a line is never
/// broken, whichever lane is quicker, and also when nobody knows whether a row took effect.
/// </summary>
internal sealed class WriteQueue : IBatchQueue<KeyWrite>, IRequestQueue<WriteRequest>
{
    private readonly Lock _gate = new();
    private readonly Backlog _backlog;
    private readonly KeyLines _lines;
    private readonly Touches _touches;
    private readonly WriteHolds _holds;
    private readonly WriteExpiry _expiry;
    private readonly SentWrites _sent;
    private readonly PassingWrites _passing;
    private readonly CallClock _clock;
    private long _lastNumber;

    public WriteQueue(BatchLimits limits, CallClock clock, TableName table)
    {
        (_clock, _backlog) = (clock, new Backlog(limits, table));
        (_lines, _touches) = (new KeyLines(limits), new Touches(limits));
        _sent = new SentWrites(_lines, _touches, _backlog);
        (_holds, _passing) = (new WriteHolds(_lines), new PassingWrites(ranges => Math.Min(_touches.FirstNumber, _lines.FirstNumber(ranges))));
        _expiry = new WriteExpiry(_lines, _touches, Leave, clock, table);
    }

    /// <summary>Gets how many wait to be sent, without touches; a number that may be out of date at once.</summary>
    public int Count => _backlog.Count;

    public bool IsEmpty => Locked(static queue => !queue._lines.Ready.HasWork && !queue._touches.HasWork);

    /// <summary>Gets whether another lane should start although one works; one that has nothing under way is about to take the next batch itself.</summary>
    public bool KeepsAnotherLaneBusy => Locked(static queue => !queue._sent.IsEmpty && queue._lines.Ready.KeepsAnotherLaneBusy);

    public void Add(WriteRequest request)
    {
        lock (_gate)
        {
            if (request.Kind == WriteKind.Touch)
            {
                Enter(request);
                _touches.Add(request);
                return;
            }

            _backlog.Add(request);
            Enter(request);
            _lines.Add(request);
        }
    }

    /// <summary>Adds a touch that nobody waits for, unless one of its key is pending.</summary>
    public bool TryAddUnawaited(WriteRequest touch)
    {
        lock (_gate)
        {
            if (!_touches.Admits(touch))
            {
                return false;
            }

            Enter(touch);
            _touches.Add(touch);
            return true;
        }
    }

    public void Withdraw(WriteRequest request)
    {
        lock (_gate)
        {
            if (request.Queue is null)
            {
                return;
            }

            Leave(request);
        }

        request.Answer(error: null);
    }

    /// <summary>Waits until everything has ended that is here now; what others hold up by their locks, or is in doubt, only if its key is in one of the ranges.</summary>
    public Task WhenPassedAsync(IReadOnlyList<KeyRange> ranges)
    {
        lock (_gate)
        {
            return _passing.WhenPassedAsync(_lastNumber, ranges);
        }
    }

    public bool Look()
    {
        lock (_gate)
        {
            _holds.EndThoseUntil(_clock.Now);
            _expiry.Look();
            _passing.Look();
            return !_lines.IsEmpty || !_touches.IsEmpty;
        }
    }

    /// <summary>Fails all that wait: the server is away.</summary>
    public void FailWaiting(Func<Exception> error) => FailWaiting(error, isMeant: static _ => true);

    /// <summary>Fails the sets that wait: there is no room.</summary>
    public void FailWaitingSets(Func<Exception> error) => FailWaiting(error, isMeant: WriteKindExtensions.Stores);

    public void Take(List<KeyWrite> batch)
    {
        lock (_gate)
        {
            if (_touches.FirstWaitingNumber > _lines.Ready.FirstNumber)
            {
                _lines.Ready.Take(batch);
            }

            if (batch.Count == 0)
            {
                _touches.Take(batch);
            }

            if (batch.Count > 0)
            {
                _sent.Add(batch);
            }
        }
    }

    /// <summary>Answers the rows of a batch, and all that they absorbed, and lets the next of their lines go.</summary>
    public void End(List<KeyWrite> batch, Func<Exception>? error)
    {
        Chain<WriteRequest> answered;
        lock (_gate)
        {
            answered = _sent.End(batch);
            foreach (var write in batch)
            {
                if (write.Line is { } line)
                {
                    _lines.End(line);
                }
            }
        }

        WriteRequest.Answer(answered, error);
    }

    /// <summary>Answers rows of which nobody knows whether they take effect, and keeps their keys.</summary>
    public WriteHold EndInDoubt(List<KeyWrite> batch, Func<Exception> error, long until)
    {
        Chain<WriteRequest> answered;
        WriteHold hold;
        lock (_gate)
        {
            answered = _sent.End(batch);
            hold = _holds.Add(batch, until);
        }

        WriteRequest.Answer(answered, error);
        return hold;
    }

    /// <summary>What was held cannot take effect any more, or cannot from a timestamp on.</summary>
    public void Release(WriteHold hold, long from = long.MinValue)
    {
        lock (_gate)
        {
            hold.Until = from;
            _holds.EndThoseUntil(_clock.Now);
        }
    }

    /// <summary>The rows of a batch are tried beside the lanes from now on; those who run out of time do so because of a locked row.</summary>
    public void Stray(List<KeyWrite> batch)
    {
        lock (_gate)
        {
            _sent.Stray(batch);
        }
    }

    /// <summary>A stray row as its callers want it now, some of whom may have gone; null when all have.</summary>
    public KeyWrite? Wanted(KeyWrite stray)
    {
        lock (_gate)
        {
            return stray.Line!.LastWanted() is { } winner
                ? stray with { Winner = winner, Kind = stray.Kind.IsDurable() ? winner.Kind.Durable() : winner.Kind }
                : null;
        }
    }

    /// <summary>A batch that hangs and was not sent, whose time is up, holds the next of its lines up no longer. Nothing else is to be done about its rows.</summary>
    public void Abandon(List<KeyWrite> batch)
    {
        lock (_gate)
        {
            _sent.Abandon(batch);
        }
    }

    private bool Locked(Func<WriteQueue, bool> look)
    {
        lock (_gate)
        {
            return look(this);
        }
    }

    private void FailWaiting(Func<Exception> error, Func<WriteKind, bool> isMeant)
    {
        lock (_gate)
        {
            _expiry.FailWaiting(error, isMeant);
        }
    }

    private void Enter(WriteRequest request)
    {
        request.Number = ++_lastNumber;
        request.Queue = this;
        _expiry.Entered(request);
    }

    private void Leave(WriteRequest request)
    {
        request.Queue = null;
        if (request.Kind == WriteKind.Touch)
        {
            _touches.Remove(request);
            return;
        }

        _backlog.Remove(request);
        _lines.Remove(request);
    }
}
