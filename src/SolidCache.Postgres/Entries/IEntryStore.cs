using System.Buffers;

namespace SolidCache.Postgres.Entries;

/// <summary>
/// The seam between the cache's verbs and what executes them. With <c>async</c> false a call completes before it returns, and its thread blocks on
/// nothing but its own answer. Errors of the server, and of the way to it, are marked (<see cref="Outage"/>).
/// </summary>
internal interface IEntryStore
{
    /// <summary>Writes exactly the value of a live entry to the destination; false, and nothing written, when there is none.</summary>
    /// <param name="key">The entry.</param>
    /// <param name="destination">Asked once for the whole length.</param>
    /// <param name="slide">Whether a sliding expiration that is due is extended.</param>
    /// <param name="async">Whether to await or to block.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    ValueTask<bool> ReadAsync(CacheKey key, IBufferWriter<byte> destination, bool slide, bool async, CancellationToken cancellationToken);

    /// <summary>The same, and what is known of it besides; null when there is no live entry.</summary>
    ValueTask<EntryAge?> ReadAgedAsync(CacheKey key, IBufferWriter<byte> destination, bool slide, CancellationToken cancellationToken);

    /// <summary>Asks to make the value of an entry that is not there, or will not be for long. Waits for nobody.</summary>
    ValueTask<LeaseAnswer> LeaseAsync(CacheKey key, LeaseTerms terms, bool async, CancellationToken cancellationToken);

    /// <summary>Keeps a lease for as long again; with no duration, frees it.</summary>
    /// <returns><see cref="LeaseState.Granted"/> if it was there still; <see cref="LeaseState.Locked"/> if it is, and was left as it is.</returns>
    ValueTask<LeaseState> RenewAsync(CacheKey key, LeaseTerms terms, bool async, CancellationToken cancellationToken);

    /// <summary>Stores the value that was made under a lease, unless somebody has removed or replaced the entry since.</summary>
    /// <returns>Whether it was stored.</returns>
    ValueTask<bool> FillAsync(CacheKey key, long lease, ReadOnlySequence<byte> value, Expiration expiration, CancellationToken cancellationToken);

    /// <summary>Extends the sliding expiration of a live entry if that is due.</summary>
    /// <returns>Whether it was due.</returns>
    ValueTask<bool> RefreshAsync(CacheKey key, bool async, CancellationToken cancellationToken);

    /// <summary>Replaces value and expiration of an entry, or adds it.</summary>
    /// <param name="key">The entry.</param>
    /// <param name="value">Copied before the call returns.</param>
    /// <param name="expiration">Replaces the whole policy.</param>
    /// <param name="durable">Whether the write is flushed before it is acknowledged.</param>
    /// <param name="async">Whether to await or to block.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>Whether it was stored.</returns>
    ValueTask<bool> WriteAsync(
        CacheKey key, ReadOnlySequence<byte> value, Expiration expiration, bool durable, bool async, CancellationToken cancellationToken);

    /// <summary>Removes an entry, durably.</summary>
    /// <returns>True; whether there was one is not known.</returns>
    ValueTask<bool> RemoveAsync(CacheKey key, bool async, CancellationToken cancellationToken);

    /// <summary>Removes the rows of some ranges, durably, and counts them.</summary>
    ValueTask<long> RemoveAsync(IReadOnlyList<KeyRange> ranges, CancellationToken cancellationToken);

    /// <summary>Removes the entries that have one of some tags, and whatever is being made with one, durably.</summary>
    /// <returns>How many rows are gone already; those that others have locked count as removed, and go with the next sweep.</returns>
    ValueTask<long> RemoveTagsAsync(IReadOnlyList<CacheKey> tags, CancellationToken cancellationToken);

    /// <summary>The remaining life of an entry, <see cref="TimeSpan.MaxValue"/> for ever, null when there is no live entry.</summary>
    ValueTask<TimeSpan?> GetTimeToLiveAsync(CacheKey key, CancellationToken cancellationToken);

    /// <summary>Counts the table.</summary>
    /// <param name="overdueAfter">How long an expired entry may wait for a sweep before it counts as overdue.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    ValueTask<SolidCacheStatistics> GetStatisticsAsync(TimeSpan overdueAfter, CancellationToken cancellationToken);
}
