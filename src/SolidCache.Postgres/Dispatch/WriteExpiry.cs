using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Dispatch;

/// <summary>Ends the writes that ran out of time, whether they wait or are under way. Guarded by the queue's lock.</summary>
internal sealed class WriteExpiry(KeyLines lines, Touches touches, Action<WriteRequest> leave, CallClock clock, TableName table)
{
    /// <summary>Nobody's time is up before.</summary>
    private long _nextAt;

    public void Entered(WriteRequest request) => _nextAt = Math.Min(_nextAt, clock.DeadlineOf(request.Began, TimeSpan.Zero));

    /// <summary>Walks over all of them, but only when the oldest may have run out of time.</summary>
    public void Look()
    {
        if (clock.Now < _nextAt)
        {
            return;
        }

        var moment = clock.Oldest;
        var oldestLeft = clock.Now;
        foreach (var line in lines.All)
        {
            Func<Exception> error = line.IsStray ? StillLocked : OutOfTime;
            oldestLeft = Math.Min(oldestLeft, FailOlder(line.Requests.UnderWay, moment, error));
            oldestLeft = Math.Min(oldestLeft, FailOlder(line.Requests.Waiting, moment, error));
        }

        foreach (var touch in touches.UnderWay)
        {
            oldestLeft = Math.Min(oldestLeft, FailOlder(touch, moment, OutOfTime));
        }

        oldestLeft = Math.Min(oldestLeft, FailOlder(touches.Waiting, moment, OutOfTime));
        _nextAt = clock.DeadlineOf(oldestLeft, TimeSpan.Zero);
    }

    /// <summary>Fails those that wait of some kinds, however old.</summary>
    public void FailWaiting(Func<Exception> error, Func<WriteKind, bool> isMeant)
    {
        foreach (var first in lines.All.Select(static line => line.Requests.Waiting).Append(touches.Waiting))
        {
            for (var request = first; request is not null;)
            {
                var next = request.Next;
                if (isMeant(request.Kind))
                {
                    leave(request);
                    request.Answer(error());
                }

                request = next;
            }
        }
    }

    /// <returns>When the first of the others began.</returns>
    private long FailOlder(WriteRequest? first, long moment, Func<Exception> error)
    {
        var left = long.MaxValue;
        for (var request = first; request is not null;)
        {
            var next = request.Next;
            if (request.Began >= moment)
            {
                left = Math.Min(left, request.Began);
            }
            else if (request.Queue is not null)
            {
                leave(request);
                request.Answer(error());
            }
            else if (!request.HasEnded)
            {
                request.Fail(error());
            }

            request = next;
        }

        return left;
    }

    private Outage OutOfTime() => new(clock.OutOfTime());

    /// <summary>That is nobody's fault but that of who has the row, and no outage.</summary>
    private TimeoutException StillLocked() =>
        new($"The cache {table} was not written: another client had the row of an entry locked until the call's time was up ({nameof(PostgresSolidCacheOptions.OperationTimeout)}).");
}
