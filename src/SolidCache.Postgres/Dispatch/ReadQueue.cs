using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Dispatch;

/// <summary>Reads in the order of their arrival. A read joins only a batch that has not been sent, or it could miss what was acknowledged since.</summary>
internal sealed class ReadQueue(BatchLimits limits, TableName table, TimeProvider time) : IBatchQueue<ReadRequest>
{
    private readonly Lock _gate = new();
    private readonly Queue<ReadRequest> _waiting = new();
    private readonly List<List<ReadRequest>> _underWay = [];

    /// <summary>Gets how many wait to be sent; a number that may be out of date at once.</summary>
    public int Count => _waiting.Count;

    public bool IsEmpty => _waiting.Count == 0;

    public bool KeepsAnotherLaneBusy => _waiting.Count >= limits.AnotherLaneEntries;

    /// <exception cref="SolidCacheException">Too many wait already.</exception>
    public void Add(ReadRequest request)
    {
        lock (_gate)
        {
            limits.RefuseWhenFull(_waiting.Count, 0, table);
            request.Began = time.GetTimestamp();
            _waiting.Enqueue(request);
        }
    }

    public void Take(List<ReadRequest> batch)
    {
        lock (_gate)
        {
            while (batch.Count < limits.MaxBatchEntries && _waiting.TryDequeue(out var request))
            {
                if (request.HasEnded)
                {
                    request.Release();
                }
                else
                {
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

    public void Expire()
    {
        var before = time.GetTimestamp() - limits.Ticks(time);
        lock (_gate)
        {
            var error = limits.OutOfTime(table);
            _underWay.ForEach(batch => FailBefore(batch, before, error));
            FailBefore(_waiting, before, error);
        }
    }

    /// <summary>Fails all that wait: the server is away.</summary>
    public void FailWaiting(Exception error)
    {
        lock (_gate)
        {
            FailBefore(_waiting, long.MaxValue, error);
        }
    }

    private static void FailBefore(IEnumerable<ReadRequest> requests, long before, Exception error)
    {
        foreach (var request in requests)
        {
            if (request.Began < before)
            {
                request.Fail(error);
            }
        }
    }
}
