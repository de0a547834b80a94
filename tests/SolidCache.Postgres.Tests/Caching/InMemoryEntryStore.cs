using System.Buffers;
using System.Collections.Concurrent;
using SolidCache.Postgres.Entries;
using SolidCache.Postgres.Tests.Entries;

namespace SolidCache.Postgres.Tests.Caching;

/// <summary>Keeps entries in a dictionary, in which nothing expires, and remembers what it was asked for.</summary>
internal sealed class InMemoryEntryStore : IEntryStore
{
    private readonly Dictionary<string, (byte[] Value, Expiration Expiration)> _entries = new(StringComparer.Ordinal);

    public List<StoreCall> Calls { get; } = [];

    /// <summary>Whether sets are stored, and not dropped.</summary>
    public bool Stores { get; set; } = true;

    /// <summary>What the next who ask for a lease are told; when there are none left, that they have it.</summary>
    public Queue<LeaseAnswer> Answers { get; } = new();

    public ConcurrentQueue<LeaseState> Renewals { get; } = new();

    /// <summary>What the answer of a verb waits for on its way to the caller.</summary>
    public Func<string, Task> Answering { get; set; } = static _ => Task.CompletedTask;

    public double LifeLeft { get; set; } = 1;

    public SolidCacheStatistics Statistics { get; set; } = new()
    {
        TotalEntries = 0,
        ExpiredEntries = 0,
        OverdueEntries = 0,
        TotalSizeBytes = 0,
        LiveBytes = 0,
        IsEstimate = false,
        TimeSinceLastSweep = null,
    };

    public ValueTask<bool> ReadAsync(CacheKey key, IBufferWriter<byte> destination, bool slide, bool async, CancellationToken cancellationToken)
    {
        Calls.Add(new("Read", cancellationToken) { Key = key.Stored, Async = async, Slide = slide });
        if (!_entries.TryGetValue(key.Stored, out var entry))
        {
            return ValueTask.FromResult(false);
        }

        // As the seam demands: asked once for the whole length, and not at all for nothing.
        if (entry.Value.Length > 0)
        {
            entry.Value.CopyTo(destination.GetMemory(entry.Value.Length));
            destination.Advance(entry.Value.Length);
        }

        return ValueTask.FromResult(true);
    }

    public async ValueTask<EntryAge?> ReadAgedAsync(CacheKey key, IBufferWriter<byte> destination, bool slide, CancellationToken cancellationToken)
    {
        var isThere = await ReadAsync(key, destination, slide, async: true, cancellationToken);
        await Answering("Read");
        return isThere ? new EntryAge(LifeLeft, TimeSpan.MaxValue, Tags: null) : null;
    }

    public async ValueTask<LeaseAnswer> LeaseAsync(CacheKey key, LeaseTerms terms, bool async, CancellationToken cancellationToken)
    {
        Calls.Add(new("Lease", cancellationToken) { Key = key.Stored });
        var given = Answers.TryDequeue(out var answer) ? answer : new LeaseAnswer(LeaseState.Granted, Value: null);
        await Answering("Lease");
        return given;
    }

    public async ValueTask<LeaseState> RenewAsync(CacheKey key, LeaseTerms terms, bool async, CancellationToken cancellationToken)
    {
        var verb = terms.Duration == TimeSpan.Zero ? "Free" : "Renew";
        Calls.Add(new(verb, cancellationToken) { Key = key.Stored, Async = async });
        await Answering(verb);
        return Renewals.TryDequeue(out var state) ? state : LeaseState.Granted;
    }

    public async ValueTask<bool> FillAsync(CacheKey key, long lease, ReadOnlySequence<byte> value, Expiration expiration, CancellationToken cancellationToken)
    {
        var stored = await WriteAsync(key, value, expiration, durable: false, async: true, cancellationToken);
        await Answering("Fill");
        return stored;
    }

    public ValueTask<long> RemoveTagsAsync(IReadOnlyList<CacheKey> tags, CancellationToken cancellationToken)
    {
        Calls.Add(new("RemoveTags", cancellationToken) { Key = string.Join(',', tags.Select(tag => tag.Stored)) });
        return ValueTask.FromResult(0L);
    }

    public ValueTask<bool> RefreshAsync(CacheKey key, bool async, CancellationToken cancellationToken)
    {
        Calls.Add(new("Refresh", cancellationToken) { Key = key.Stored, Async = async });
        return ValueTask.FromResult(true);
    }

    public ValueTask<bool> WriteAsync(
        CacheKey key, ReadOnlySequence<byte> value, Expiration expiration, bool durable, bool async, CancellationToken cancellationToken)
    {
        Calls.Add(new("Write", cancellationToken) { Key = key.Stored, Async = async, Durable = durable, Expiration = expiration });
        if (Stores)
        {
            _entries[key.Stored] = (value.ToArray(), expiration);
        }

        return ValueTask.FromResult(Stores);
    }

    public ValueTask<bool> RemoveAsync(CacheKey key, bool async, CancellationToken cancellationToken)
    {
        Calls.Add(new("Remove", cancellationToken) { Key = key.Stored, Async = async });
        _entries.Remove(key.Stored);
        return ValueTask.FromResult(true);
    }

    public ValueTask<long> RemoveAsync(IReadOnlyList<KeyRange> ranges, CancellationToken cancellationToken)
    {
        Calls.Add(new("RemoveRanges", cancellationToken) { Ranges = ranges });
        return ValueTask.FromResult((long)_entries.Keys.Where(stored => ranges.Holds(stored)).ToList().Count(_entries.Remove));
    }

    public ValueTask<TimeSpan?> GetTimeToLiveAsync(CacheKey key, CancellationToken cancellationToken)
    {
        Calls.Add(new("GetTimeToLive", cancellationToken) { Key = key.Stored });
        return ValueTask.FromResult<TimeSpan?>(_entries.TryGetValue(key.Stored, out var entry)
            ? entry.Expiration is { AbsoluteMicroseconds: null, SlidingMicroseconds: null }
                ? TimeSpan.MaxValue
                : TimeSpan.FromMicroseconds(entry.Expiration.SlidingMicroseconds ?? entry.Expiration.AbsoluteMicroseconds!.Value)
            : null);
    }

    public ValueTask<SolidCacheStatistics> GetStatisticsAsync(TimeSpan overdueAfter, CancellationToken cancellationToken)
    {
        Calls.Add(new("GetStatistics", cancellationToken) { OverdueAfter = overdueAfter });
        return ValueTask.FromResult(Statistics);
    }
}
