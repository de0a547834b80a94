using Microsoft.Extensions.Caching.Distributed;

namespace SolidCache.Postgres;

/// <summary>
/// When an entry expires, which others it belongs with, and how its value is made: for <c>SetAsync</c>, which takes it wherever it takes
/// <see cref="DistributedCacheEntryOptions"/>, and for <see cref="ISolidCache.GetOrCreateAsync{TState}"/>.
/// </summary>
public sealed class SolidCacheEntryOptions : DistributedCacheEntryOptions
{
    private static readonly TimeSpan ShortestLease = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestLease = TimeSpan.FromHours(1);

    /// <summary>Gets or sets the tags of the entry, by which <see cref="ISolidCache.RemoveByTagAsync(string, CancellationToken)"/> removes it. Any strings but null.</summary>
    /// <value>None. At most 10,000: with more, the call that they are given to throws <see cref="ArgumentException"/>.</value>
    public IReadOnlyCollection<string>? Tags { get; set; }

    /// <summary>
    /// Gets or sets how long after its end an entry's value may still be returned by <c>GetOrCreateAsync</c>: at once, while one caller of all nodes makes a new
    /// one in the background; and if that fails, until this time is up. Both have to allow it: what the value was stored with, and what is asked with. A removed
    /// value is never returned. Plain reads never return one that has expired.
    /// </summary>
    /// <value>Zero: not at all.</value>
    /// <exception cref="ArgumentOutOfRangeException">It is negative.</exception>
    public TimeSpan AllowStaleFor
    {
        get;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, TimeSpan.Zero);
            field = value;
        }
    }

    /// <summary>
    /// Gets or sets how long others leave it to one caller to make the value, if nothing is heard of him. It is renewed while the factory runs, so that a slow
    /// factory keeps it; the lease of a node that died, or of a factory that goes on when nobody waits for it any more, ends after this time.
    /// </summary>
    /// <value>10 seconds. From 100 milliseconds to an hour.</value>
    /// <exception cref="ArgumentOutOfRangeException">It is shorter or longer.</exception>
    public TimeSpan LeaseDuration
    {
        get;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, ShortestLease);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, LongestLease);
            field = value;
        }
    } = TimeSpan.FromSeconds(10);

    /// <summary>Gets or sets how long a caller waits for a value that another node makes, before he makes it for himself without storing it.</summary>
    /// <value>1 second. Zero: not at all.</value>
    /// <exception cref="ArgumentOutOfRangeException">It is negative.</exception>
    public TimeSpan LeaseWait
    {
        get;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, TimeSpan.Zero);
            field = value;
        }
    } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Gets or sets the part of an entry's absolute expiration at its end in which a read has the value made anew, in the background, by one caller of all nodes
    /// while the others go on reading: 0.2 of an hour are its last twelve minutes. What has only a sliding expiration is kept alive by its reads.
    /// </summary>
    /// <value>0: never. Less than 1.</value>
    /// <exception cref="ArgumentOutOfRangeException">It is negative, or 1 or more.</exception>
    public double RefreshBefore
    {
        get;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 0);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(value, 1);
            field = value;
        }
    }
}
