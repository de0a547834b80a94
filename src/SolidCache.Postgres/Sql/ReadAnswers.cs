using System.Diagnostics.CodeAnalysis;
using SolidCache.Postgres.Dispatch;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Sql;

/// <summary>The requests of one batch of reads by their keys, and their answers; reused from batch to batch.</summary>
/// <param name="touch">Has a sliding expiration extended.</param>
internal sealed class ReadAnswers(Action<CacheKey, long> touch)
{
    private readonly Dictionary<string, ReadRequest> _requests = new(StringComparer.Ordinal);
    private readonly List<(ReadRequest Request, ReadValue Value)> _leases = [];

    /// <summary>Gets those that have no answer yet.</summary>
    public Dictionary<string, ReadRequest> Open => _requests;

    /// <summary>Each key once, without what was answered before the batch had to be sent again, and whose callers have gone.</summary>
    /// <returns>Whether there is anything to send.</returns>
    public bool Collect(List<ReadRequest> batch)
    {
        Clear();
        foreach (var request in batch)
        {
            if (!request.HasEnded)
            {
                var key = request.Key.Stored;
                request.Twin = _requests.GetValueOrDefault(key);
                _requests[key] = request;
            }
        }

        // Who has his answer makes the value already: his lease, given anew, would let him store what he has read before it.
        if (_requests.Count == 0 && batch[0].Kind != ReadKind.Lease)
        {
            batch[0].Twin = null;
            _requests[batch[0].Key.Stored] = batch[0];
        }

        return _requests.Count > 0;
    }

    public bool TryTake(string key, [NotNullWhen(true)] out ReadRequest? request) => _requests.Remove(key, out request);

    /// <summary>
    /// Answers at once, but for leases: a row arrives also with the error that undoes its statement, and what a factory reads before its lease is there nothing guards.
    /// </summary>
    public void Add(ReadRequest request, ReadValue value)
    {
        if (request.Kind == ReadKind.Lease)
        {
            _leases.Add((request, value));
        }
        else
        {
            Answer(request, value);
        }
    }

    /// <summary>The statement has come to its end; what it did not find is not there.</summary>
    public void Finish()
    {
        foreach (var (request, value) in _leases)
        {
            Answer(request, value);
        }

        _leases.Clear();
        foreach (var missing in _requests.Values)
        {
            Answer(missing, default);
        }
    }

    public void Clear()
    {
        _requests.Clear();
        foreach (var (_, value) in _leases)
        {
            value.Return();
        }

        _leases.Clear();
    }

    public static void Complete(ReadRequest request, ReadValue value)
    {
        if (!request.Complete(value))
        {
            value.Return();
        }
    }

    private void Answer(ReadRequest first, ReadValue value)
    {
        // Before the answers, so that a touch is on its way when its reader goes on.
        if (value.TouchIsDue && Slides(first))
        {
            touch(first.Key, first.Began);
        }

        // The twins first: the memory of the value itself goes to the one that is answered last.
        for (var twin = first.Twin; twin is not null; twin = twin.Twin)
        {
            Complete(twin, value.Copy());
        }

        Complete(first, value);
    }

    private static bool Slides(ReadRequest? request)
    {
        while (request is { Slides: false })
        {
            request = request.Twin;
        }

        return request is not null;
    }
}
