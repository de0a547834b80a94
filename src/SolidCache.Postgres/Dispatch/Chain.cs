namespace SolidCache.Postgres.Dispatch;

/// <summary>Parts in the order of their arrival, linked to one another, so that a chain costs no memory and each may leave it at once.</summary>
/// <typeparam name="T">The parts; each is in one chain at a time.</typeparam>
internal struct Chain<T>
    where T : class, ILinked<T>
{
    private T? _last;

    public T? First { get; private set; }

    public readonly T? Last => _last;

    public readonly bool IsEmpty => First is null;

    public void Add(T part)
    {
        (part.Previous, part.Next) = (_last, null);
        if (_last is null)
        {
            First = part;
        }
        else
        {
            _last.Next = part;
        }

        _last = part;
    }

    public void AddFirst(T part)
    {
        (part.Previous, part.Next) = (null, First);
        if (First is { } second)
        {
            second.Previous = part;
        }
        else
        {
            _last = part;
        }

        First = part;
    }

    /// <summary>Moves another chain behind this one.</summary>
    public void Add(Chain<T> chain)
    {
        if (chain.First is not { } first)
        {
            return;
        }

        Add(first, chain._last!);
    }

    public void Remove(T part)
    {
        if (part.Previous is { } previous)
        {
            previous.Next = part.Next;
        }
        else
        {
            First = part.Next;
        }

        if (part.Next is { } next)
        {
            next.Previous = part.Previous;
        }
        else
        {
            _last = part.Previous;
        }

        (part.Previous, part.Next) = (null, null);
    }

    /// <summary>Gives all of them out.</summary>
    public Chain<T> TakeAll()
    {
        var all = this;
        (First, _last) = (null, null);
        return all;
    }

    private void Add(T first, T last)
    {
        var next = first.Next;
        Add(first);
        first.Next = next;
        _last = last;
    }
}
