using System.Collections.Concurrent;

namespace SolidCache.Postgres.Resilience;

/// <summary>Keys about which something is remembered; so many at most.</summary>
/// <typeparam name="T">What is remembered.</typeparam>
internal sealed class KeyMarks<T>(int most)
    where T : notnull
{
    private readonly ConcurrentDictionary<string, T> _marks = new(StringComparer.Ordinal);

    /// <summary>Beside the dictionary's own, which takes all of its locks.</summary>
    private int _count;

    public bool IsEmpty => Volatile.Read(ref _count) == 0;

    public bool TryGet(string key, out T? mark) => _marks.TryGetValue(key, out mark);

    /// <returns>False when there are too many already.</returns>
    public bool TrySet(string key, T mark)
    {
        if (Volatile.Read(ref _count) >= most && !_marks.ContainsKey(key))
        {
            return false;
        }

        if (_marks.TryAdd(key, mark))
        {
            Interlocked.Increment(ref _count);
        }
        else
        {
            _marks[key] = mark;
        }

        return true;
    }

    public void Remove(string key)
    {
        if (_marks.TryRemove(key, out _))
        {
            Interlocked.Decrement(ref _count);
        }
    }

    /// <summary>Removes a mark unless another has taken its place.</summary>
    public void Remove(KeyValuePair<string, T> mark)
    {
        if (_marks.TryRemove(mark))
        {
            Interlocked.Decrement(ref _count);
        }
    }

    public KeyValuePair<string, T>[] ToArray() => [.. _marks];
}
