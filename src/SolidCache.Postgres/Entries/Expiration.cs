using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Caching.Distributed;

namespace SolidCache.Postgres.Entries;

/// <summary>
/// When an entry goes: as durations from the moment the database stores it, and with which tags. Durations travel and the database's clock computes,
/// so that a node whose clock is off does no harm.
/// </summary>
/// <param name="AbsoluteMicroseconds">How long the entry lives at most, or null for ever.</param>
/// <param name="SlidingMicroseconds">How long it lives after each use, or null when use does not matter.</param>
/// <param name="StaleMicroseconds">How long after its end its value may be served while another is made.</param>
/// <param name="Tags">As <see cref="TagSet"/> writes them, or null for none.</param>
internal readonly record struct Expiration(long? AbsoluteMicroseconds, long? SlidingMicroseconds, long StaleMicroseconds = 0, string? Tags = null)
{
    private const long MicrosecondsPerDay = 86_400_000_000;

    /// <summary>Durations from here on are for ever: <c>timestamptz</c> ends in the year 294276.</summary>
    private const long Forever = 1_000 * 365 * MicrosecondsPerDay;

    /// <summary>Whether a statement must bring more than its life.</summary>
    public bool IsSpecial => StaleMicroseconds != 0 || Tags is not null;

    /// <exception cref="ArgumentOutOfRangeException">The absolute expiration lies in the past.</exception>
    [SuppressMessage("Usage", "CA2208", Justification = "Names the property that is wrong, as Microsoft's Redis provider does.")]
    public static Expiration From(DistributedCacheEntryOptions options, TimeSpan? defaultSliding, TimeProvider time, TimeSpan? defaultAbsolute = null)
    {
        var absolute = options.AbsoluteExpirationRelativeToNow ?? options.AbsoluteExpiration - time.GetUtcNow();
        if (absolute <= TimeSpan.Zero)
        {
            throw new ArgumentOutOfRangeException(
                nameof(options.AbsoluteExpiration),
                options.AbsoluteExpiration,
                "The absolute expiration value must be in the future.");
        }

        var (sliding, isDefault) = (options.SlidingExpiration, absolute is null && options.SlidingExpiration is null);
        (absolute, sliding) = isDefault ? (defaultAbsolute, defaultSliding) : (absolute, sliding);
        return new Expiration(
            Microseconds(absolute), Microseconds(sliding), options is SolidCacheEntryOptions { AllowStaleFor: var stale } ? Microseconds(stale) ?? Forever : 0);
    }

    /// <summary>Rounds up, so that no window comes out shorter than asked for.</summary>
    public static long? Microseconds(TimeSpan? duration) =>
        duration is { Ticks: var ticks } && (ticks / TimeSpan.TicksPerMicrosecond) < Forever
            ? (ticks + TimeSpan.TicksPerMicrosecond - 1) / TimeSpan.TicksPerMicrosecond
            : null;
}
