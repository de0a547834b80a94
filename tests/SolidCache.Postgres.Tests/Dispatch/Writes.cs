using Microsoft.Extensions.Time.Testing;
using SolidCache.Postgres.Dispatch;

namespace SolidCache.Postgres.Tests.Dispatch;

/// <summary>A queue of writes with a clock that stands still.</summary>
internal sealed class Writes
{
    public Writes(BatchLimits? limits = null)
    {
        Clock = AwayDatabase.Clock(Time);
        Queue = new WriteQueue(limits ?? Requests.Small, Clock, AwayDatabase.Table);
    }

    public FakeTimeProvider Time { get; } = new();

    public CallClock Clock { get; }

    public WriteQueue Queue { get; }

    public WriteRequest Set(string key, int bytes = 1, bool durable = false) => Add(Requests.Set(key, bytes, durable, Clock.Now));

    public WriteRequest Remove(string key) => Add(Requests.Remove(key, Clock.Now));

    public WriteRequest Touch(string key) => Add(Requests.Touch(key, Clock.Now));

    /// <summary>As a read does that finds a sliding expiration due.</summary>
    public bool TouchBehind(string key)
    {
        var touch = Requests.Touch(key, Clock.Now);
        touch.Release();
        return Queue.TryAddUnawaited(touch);
    }

    public WriteRequest Add(WriteRequest request)
    {
        Queue.Add(request);
        return request;
    }

    public void Wait(double seconds) => Time.Advance(TimeSpan.FromSeconds(seconds));

    public List<KeyWrite> Take()
    {
        var batch = new List<KeyWrite>();
        Queue.Take(batch);
        return batch;
    }

    public void End(List<KeyWrite> batch, Func<Exception>? error = null) => Queue.End(batch, error);

    /// <summary>The keys of one batch after the other, each ended before the next is taken.</summary>
    public string[] TakeAllKeys()
    {
        var batches = new List<string>();
        while (Take() is { Count: > 0 } batch)
        {
            batches.Add(string.Join(',', batch.Keys()));
            End(batch);
        }

        return [.. batches];
    }
}
