using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Dispatch;

/// <summary>Reads in the order of their arrival. A read joins only a batch that has not been sent, or it could miss what was acknowledged since.</summary>
internal sealed class ReadQueue(BatchLimits limits, CallClock clock, TableName table) : IBatchQueue<ReadRequest>, IRequestQueue<ReadRequest>
{
    private readonly Lock _gate = new();
    private readonly List<List<ReadRequest>> _underWay = [];
    private Chain<ReadRequest> _waiting;
    private int _count;

    /// <summary>Gets how many wait to be sent; a number that may be out of date at once.</summary>
    public int Count => _count;

    public bool IsEmpty => _count == 0;

    public bool KeepsAnotherLaneBusy => _count >= limits.AnotherLaneEntries;

    public void Add(ReadRequest request)
    {
        lock (_gate)
        {
            limits.RefuseWhenFull(_count, 0, table);
            request.Queue = this;
            _waiting.Add(request);
            _count++;
        }
    }

    public void Withdraw(ReadRequest request)
    {
        lock (_gate)
        {
            if (request.Queue is null)
            {
                return;
            }

            Leave(request);
        }

        request.Release();
    }

    public void Take(List<ReadRequest> batch)
    {
        lock (_gate)
        {
            var next = _waiting.First;
            while (next is not null && batch.Count < limits.MaxBatchEntries)
            {
                var request = next;
                next = request.Next;
                if (batch.Count == 0 || request.Kind == batch[0].Kind)
                {
                    Leave(request);
                    batch.Add(request);
                }
            }

            if (batch.Count > 0)
            {
                _underWay.Add(batch);
            }
        }
    }

    /// <summary>Call before the requests of a batch are let go of, each of which has its answer.</summary>
    public void End(List<ReadRequest> batch)
    {
        lock (_gate)
        {
            _underWay.Remove(batch);
        }
    }

    public bool Look()
    {
        var oldest = clock.Oldest;
        lock (_gate)
        {
            if (_waiting.IsEmpty && _underWay.Count == 0)
            {
                return false;
            }

            foreach (var batch in _underWay)
            {
                foreach (var request in batch)
                {
                    FailIfOlder(request, oldest);
                }
            }

            FailWaitingBefore(oldest, OutOfTime);
        }

        return true;
    }

    /// <summary>Fails all that wait: the server is away.</summary>
    public void FailWaiting(Func<Exception> error)
    {
        lock (_gate)
        {
            FailWaitingBefore(long.MaxValue, error);
        }
    }

    private void Leave(ReadRequest request)
    {
        _waiting.Remove(request);
        request.Queue = null;
        _count--;
    }

    private void FailIfOlder(ReadRequest request, long oldest)
    {
        if (request.Began < oldest && !request.HasEnded)
        {
            request.Fail(OutOfTime());
        }
    }

    private Outage OutOfTime() => new(clock.OutOfTime());

    private void FailWaitingBefore(long moment, Func<Exception> error)
    {
        var next = _waiting.First;
        while (next is not null && next.Began < moment)
        {
            var request = next;
            next = request.Next;
            Leave(request);
            request.Fail(error());
            request.Release();
        }
    }
}
