using System.Buffers;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Tests.Resilience;

/// <summary>Keeps which keys were set, and fails every call while it is told to.</summary>
internal sealed class UnreliableEntryStore : IEntryStore
{
    private readonly HashSet<string> _keys = new(StringComparer.Ordinal);

    public Exception? Error { get; set; }

    /// <summary>What happens while a call is under way.</summary>
    public Action Meanwhile { get; set; } = static () => { };

    public int Asked { get; private set; }

    public bool Holds(string key)
    {
        lock (_keys)
        {
            return _keys.Contains(key);
        }
    }

    public void Drop(string key)
    {
        lock (_keys)
        {
            _keys.Remove(key);
        }
    }

    public ValueTask<bool> ReadAsync(CacheKey key, IBufferWriter<byte> destination, bool slide, bool async, CancellationToken cancellationToken) =>
        AskAsync(() => Holds(key.Stored));

    public ValueTask<EntryAge?> ReadAgedAsync(CacheKey key, IBufferWriter<byte> destination, bool slide, CancellationToken cancellationToken) =>
        AskAsync(() => Holds(key.Stored) ? new EntryAge(1, TimeSpan.MaxValue, Tags: null) : default(EntryAge?));

    public ValueTask<LeaseAnswer> LeaseAsync(CacheKey key, LeaseTerms terms, bool async, CancellationToken cancellationToken) =>
        AskAsync(() => new LeaseAnswer(LeaseState.Granted, Value: null));

    public ValueTask<LeaseState> RenewAsync(CacheKey key, LeaseTerms terms, bool async, CancellationToken cancellationToken) => AskAsync(() => LeaseState.Granted);

    public ValueTask<bool> FillAsync(CacheKey key, long lease, ReadOnlySequence<byte> value, Expiration expiration, CancellationToken cancellationToken) =>
        WriteAsync(key, value, expiration, durable: false, async: true, cancellationToken);

    public ValueTask<long> RemoveTagsAsync(IReadOnlyList<CacheKey> tags, CancellationToken cancellationToken) => AskAsync(() => 1L);

    public ValueTask<bool> RefreshAsync(CacheKey key, bool async, CancellationToken cancellationToken) => AskAsync(() => Holds(key.Stored));

    public ValueTask<bool> WriteAsync(
        CacheKey key, ReadOnlySequence<byte> value, Expiration expiration, bool durable, bool async, CancellationToken cancellationToken) => AskAsync(() =>
        {
            lock (_keys)
            {
                _keys.Add(key.Stored);
                return true;
            }
        });

    public ValueTask<bool> RemoveAsync(CacheKey key, bool async, CancellationToken cancellationToken) => AskAsync(() =>
    {
        Drop(key.Stored);
        return true;
    });

    public ValueTask<long> RemoveAsync(IReadOnlyList<KeyRange> ranges, CancellationToken cancellationToken) => AskAsync(() => 1L);

    public ValueTask<TimeSpan?> GetTimeToLiveAsync(CacheKey key, CancellationToken cancellationToken) =>
        AskAsync(() => Holds(key.Stored) ? TimeSpan.MaxValue : default(TimeSpan?));

    public ValueTask<SolidCacheStatistics> GetStatisticsAsync(TimeSpan overdueAfter, CancellationToken cancellationToken) =>
        AskAsync<SolidCacheStatistics>(() => throw new NotSupportedException());

    private async ValueTask<T> AskAsync<T>(Func<T> answer)
    {
        await Task.Yield();
        Asked++;
        Meanwhile();
        return Error is null ? answer() : throw Error;
    }
}
