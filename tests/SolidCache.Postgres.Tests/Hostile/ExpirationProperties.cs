using CsCheck;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Time.Testing;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Tests.Hostile;

/// <summary>Whatever life a caller asks for, it is a number that the server can add to its clock, or the documented refusal.</summary>
public sealed class ExpirationProperties
{
    private const long Forever = 365_000L * 86_400_000_000;

    private static readonly Gen<TimeSpan?> Window = Gen.Frequency(
        (1, Gen.Const((TimeSpan?)null)),
        (1, Gen.OneOf<TimeSpan?>(TimeSpan.FromTicks(1), TimeSpan.FromTicks(9), TimeSpan.FromTicks(10), TimeSpan.MaxValue, TimeSpan.FromDays(365_000))),
        (2, Gen.Long[1, long.MaxValue].Select(ticks => (TimeSpan?)TimeSpan.FromTicks(ticks))),
        (2, Gen.Long[1, TimeSpan.TicksPerDay].Select(ticks => (TimeSpan?)TimeSpan.FromTicks(ticks))));

    private static readonly Gen<DateTimeOffset> Instant = Gen.Select(
        Gen.Frequency((1, Gen.OneOf(DateTime.MinValue.Ticks, DateTime.MaxValue.Ticks)), (5, Gen.Long[0, DateTime.MaxValue.Ticks])),
        Gen.Int[-14 * 60, 14 * 60],
        (ticks, minutes) => InOffset(new DateTimeOffset(ticks, TimeSpan.Zero), TimeSpan.FromMinutes(minutes)));

    private static readonly Gen<DateTimeOffset?> Absolute = Gen.Frequency((1, Gen.Const((DateTimeOffset?)null)), (3, Instant.Select(instant => (DateTimeOffset?)instant)));

    [Test]
    public void Every_life_is_a_positive_number_of_microseconds_or_for_ever_or_refused() =>
        Gen.Select(Absolute, Window, Window, Window, Instant).Sample(
            (absolute, relative, sliding, byDefault, now) =>
            {
                var options = new DistributedCacheEntryOptions { AbsoluteExpiration = absolute, AbsoluteExpirationRelativeToNow = relative, SlidingExpiration = sliding };
                var asked = relative ?? absolute - now;
                try
                {
                    var life = Expiration.From(options, byDefault, new FakeTimeProvider(now));
                    return asked is not { Ticks: <= 0 }
                        && IsRightFor(life.AbsoluteMicroseconds, asked)
                        && IsRightFor(life.SlidingMicroseconds, sliding ?? (asked is null ? byDefault : null));
                }
                catch (ArgumentOutOfRangeException error)
                {
                    return asked <= TimeSpan.Zero && error.Message.StartsWith("The absolute expiration value must be in the future.", StringComparison.Ordinal);
                }
            },
            iter: 50_000);

    /// <summary>Never shorter than asked for, longer by less than a microsecond; a thousand years are for ever.</summary>
    private static bool IsRightFor(long? microseconds, TimeSpan? asked) => asked is not { Ticks: var ticks }
        ? microseconds is null
        : microseconds is { } number
            ? number is > 0 and <= Forever && (Int128)number * 10 >= ticks && ((Int128)number * 10) - ticks < 10
            : ticks / 10 >= Forever;

    private static DateTimeOffset InOffset(DateTimeOffset instant, TimeSpan offset)
    {
        var local = instant.UtcTicks + offset.Ticks;
        return local >= 0 && local <= DateTime.MaxValue.Ticks ? instant.ToOffset(offset) : instant;
    }
}
