using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Dispatch;

/// <summary>Reads in the order of their arrival. A read joins only a batch that has not been sent, or it could miss what was acknowledged since.</summary>
internal sealed class ReadQueue(BatchLimits limits, TableName table) : IBatchQueue<ReadRequest>
{
    private readonly Lock _gate = new();
    private readonly Queue<ReadRequest> _waiting = new();

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
        }
    }
}
