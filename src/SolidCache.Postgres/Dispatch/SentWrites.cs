namespace SolidCache.Postgres.Dispatch;

/// <summary>The batches that are under way. Guarded by the queue's lock.</summary>
internal sealed class SentWrites(KeyLines lines, Touches touches, Backlog backlog)
{
    private readonly List<List<KeyWrite>> _batches = [];

    public bool IsEmpty => _batches.Count == 0;

    /// <summary>What is on its way is no longer counted, and cannot be withdrawn.</summary>
    public void Add(List<KeyWrite> batch)
    {
        _batches.Add(batch);
        foreach (var write in batch)
        {
            var request = write.Line is { } line ? line.Requests.UnderWay : write.Winner;
            for (; request is not null; request = request.Next)
            {
                request.Queue = null;
                if (write.Line is not null)
                {
                    backlog.Remove(request);
                }
            }
        }
    }

    /// <returns>All that the rows of a batch answer for.</returns>
    public Chain<WriteRequest> End(List<KeyWrite> batch)
    {
        _batches.Remove(batch);
        var answered = default(Chain<WriteRequest>);
        foreach (var write in batch)
        {
            if (write.Line is not { } line)
            {
                touches.Ended(write.Winner);
                answered.Add(write.Winner);
                continue;
            }

            if (line is { IsOrphan: false, IsStray: false })
            {
                lines.Ready.Ended(write);
            }

            answered.Add(line.Answered());
        }

        return answered;
    }

    /// <summary>The rows leave their batch, and stay under way.</summary>
    public void Stray(List<KeyWrite> batch)
    {
        _batches.Remove(batch);
        foreach (var write in batch)
        {
            if (write.Line is { IsOrphan: false } line)
            {
                lines.Ready.Ended(write);
                line.IsStray = true;
            }
        }
    }

    /// <summary>The rows are left to themselves, unless the batch has just ended.</summary>
    public void Abandon(List<KeyWrite> batch)
    {
        if (!_batches.Remove(batch))
        {
            return;
        }

        foreach (var write in batch)
        {
            if (write.Line is { } line)
            {
                lines.Ready.Ended(write);
                lines.Abandon(line);
            }
        }
    }
}
