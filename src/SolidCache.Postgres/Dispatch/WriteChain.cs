namespace SolidCache.Postgres.Dispatch;

/// <summary>Writes in a row, linked to one another so that a chain costs no memory. A write is part of one chain at a time.</summary>
internal struct WriteChain
{
    private WriteRequest? _last;

    public WriteRequest? First { get; private set; }

    public int Count { get; private set; }

    public long Bytes { get; private set; }

    public void Add(WriteRequest request)
    {
        if (_last is null)
        {
            First = request;
        }
        else
        {
            _last.Next = request;
        }

        _last = request;
        Count++;
        Bytes += request.Value.Length;
    }

    /// <summary>Moves another chain behind this one.</summary>
    public void Add(WriteChain chain)
    {
        if (chain.First is not { } first)
        {
            return;
        }

        var (count, bytes) = (Count + chain.Count, Bytes + chain.Bytes);
        Add(first);
        (_last, Count, Bytes) = (chain._last, count, bytes);
    }

    /// <summary>Answers all, and lets go of them. Not under a lock.</summary>
    public readonly void Answer(Exception? error)
    {
        for (var request = First; request is not null;)
        {
            // The next first: whoever is answered may be serving another call at once.
            var next = request.Next;
            request.ReleaseValue();
            if (error is null)
            {
                request.Complete(true);
            }
            else
            {
                request.Fail(error);
            }

            request.Release();
            request = next;
        }
    }

    /// <summary>Lets go of all, for which nobody waits any more.</summary>
    public void Release()
    {
        while (First is not null)
        {
            var request = Take();
            request.ReleaseValue();
            request.Release();
        }
    }

    /// <summary>Takes the first out; call only when there is one.</summary>
    public WriteRequest Take()
    {
        var first = First!;
        First = first.Next;
        _last = First is null ? null : _last;
        first.Next = null;
        Count--;
        Bytes -= first.Value.Length;
        return first;
    }
}
