using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Time.Testing;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Tests.Entries;

/// <summary>How the options of an entry become durations.</summary>
public sealed class ExpirationTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 29, 1, 30, 0, TimeSpan.Zero);
    private static readonly TimeSpan DefaultSliding = TimeSpan.FromMinutes(20);
    private static readonly FakeTimeProvider Time = new(Now);

    [Test]
    public void A_relative_expiration_is_a_duration_as_it_stands() =>
        Assert.That(From(new() { AbsoluteExpirationRelativeToNow = TimeSpan.FromSeconds(90) }), Is.EqualTo(new Expiration(90_000_000, null)));

    [TestCase(-1)]
    [TestCase(0)]
    [TestCase(1)]
    public void A_relative_expiration_beats_an_absolute_one_whatever_that_says(int years)
    {
        var expiration = From(new() { AbsoluteExpiration = Now.AddYears(years), AbsoluteExpirationRelativeToNow = TimeSpan.FromSeconds(1) });

        Assert.That(expiration, Is.EqualTo(new Expiration(1_000_000, null)));
    }

    [TestCase(0)]
    [TestCase(14)]
    [TestCase(-12)]
    [TestCase(5.75)]
    public void An_absolute_expiration_means_the_same_instant_in_any_offset(double hours)
    {
        var absolute = Now.AddHours(2).ToOffset(TimeSpan.FromHours(hours));

        Assert.That(From(new() { AbsoluteExpiration = absolute }), Is.EqualTo(new Expiration(7_200_000_000, null)));
    }

    [Test]
    public void An_absolute_expiration_is_measured_by_the_time_provider()
    {
        var time = new FakeTimeProvider(Now);
        var options = new DistributedCacheEntryOptions { AbsoluteExpiration = Now.AddMinutes(2) };
        time.Advance(TimeSpan.FromMinutes(1));

        Assert.That(Expiration.From(options, null, time), Is.EqualTo(new Expiration(60_000_000, null)));
    }

    [TestCase(0)]
    [TestCase(-1)]
    [TestCase(-TimeSpan.TicksPerDay)]
    public void An_absolute_expiration_that_is_not_in_the_future_is_refused(long ticks)
    {
        var absolute = Now.AddTicks(ticks);

        Assert.That(
            () => From(new() { AbsoluteExpiration = absolute, SlidingExpiration = TimeSpan.FromMinutes(1) }),
            Throws.TypeOf<ArgumentOutOfRangeException>()
                .With.Message.StartsWith("The absolute expiration value must be in the future.")
                .And.Property(nameof(ArgumentException.ParamName)).EqualTo("AbsoluteExpiration")
                .And.Property(nameof(ArgumentOutOfRangeException.ActualValue)).EqualTo(absolute));
    }

    [Test]
    public void The_smallest_future_is_accepted() =>
        Assert.That(From(new() { AbsoluteExpiration = Now.AddTicks(1) }), Is.EqualTo(new Expiration(1, null)));

    [TestCase(1, 1)]
    [TestCase(9, 1)]
    [TestCase(10, 1)]
    [TestCase(11, 2)]
    [TestCase(2_500_001, 250_001)]
    public void Parts_of_a_microsecond_are_rounded_up(long ticks, long microseconds)
    {
        var window = TimeSpan.FromTicks(ticks);

        Assert.That(From(new() { SlidingExpiration = window }), Is.EqualTo(new Expiration(null, microseconds)));
        Assert.That(From(new() { AbsoluteExpirationRelativeToNow = window }), Is.EqualTo(new Expiration(microseconds, null)));
    }

    [Test]
    public void Sliding_and_absolute_travel_together() =>
        Assert.That(
            From(new() { SlidingExpiration = TimeSpan.FromSeconds(30), AbsoluteExpirationRelativeToNow = TimeSpan.FromSeconds(2) }),
            Is.EqualTo(new Expiration(2_000_000, 30_000_000)));

    [Test]
    public void Without_any_expiration_the_default_window_slides() =>
        Assert.That(From(new()), Is.EqualTo(new Expiration(null, 1_200_000_000)));

    [Test]
    public void Without_any_expiration_and_default_an_entry_lives_for_ever() =>
        Assert.That(Expiration.From(new(), defaultSliding: null, Time), Is.EqualTo(new Expiration(null, null)));

    [Test]
    public void The_default_window_does_not_join_an_absolute_expiration()
    {
        Assert.That(From(new() { AbsoluteExpiration = Now.AddDays(1) }).SlidingMicroseconds, Is.Null);
        Assert.That(From(new() { AbsoluteExpirationRelativeToNow = TimeSpan.MaxValue }).SlidingMicroseconds, Is.Null);
    }

    [Test]
    public void The_greatest_values_are_for_ever()
    {
        var never = new Expiration(null, null);

        Assert.That(From(new() { AbsoluteExpirationRelativeToNow = TimeSpan.MaxValue }), Is.EqualTo(never));
        Assert.That(From(new() { AbsoluteExpiration = DateTimeOffset.MaxValue }), Is.EqualTo(never));
        Assert.That(From(new() { SlidingExpiration = TimeSpan.MaxValue }), Is.EqualTo(never));
    }

    [Test]
    public void A_window_of_400_days_is_kept() =>
        Assert.That(From(new() { SlidingExpiration = TimeSpan.FromDays(400) }), Is.EqualTo(new Expiration(null, 34_560_000_000_000)));

    [Test]
    public void Durations_from_a_thousand_years_on_are_for_ever()
    {
        var thousandYears = TimeSpan.FromDays(365_000);

        Assert.That(From(new() { SlidingExpiration = thousandYears }).SlidingMicroseconds, Is.Null);
        Assert.That(From(new() { SlidingExpiration = thousandYears - TimeSpan.FromMicroseconds(1) }).SlidingMicroseconds, Is.EqualTo(31_535_999_999_999_999));
    }

    [Test]
    public void A_default_life_is_of_entries_without_any_and_holds_the_sliding_one()
    {
        var (hour, minute) = (TimeSpan.FromHours(1), TimeSpan.FromMinutes(1));

        Assert.That(Expiration.From(new(), minute, Time, hour), Is.EqualTo(new Expiration(3_600_000_000, 60_000_000)));
        Assert.That(Expiration.From(new(), defaultSliding: null, Time, hour), Is.EqualTo(new Expiration(3_600_000_000, null)));
        Assert.That(Expiration.From(new() { SlidingExpiration = minute }, defaultSliding: null, Time, hour), Is.EqualTo(new Expiration(null, 60_000_000)));
        Assert.That(Expiration.From(new() { AbsoluteExpirationRelativeToNow = minute }, minute, Time, hour), Is.EqualTo(new Expiration(60_000_000, null)));
    }

    private static Expiration From(DistributedCacheEntryOptions options) => Expiration.From(options, DefaultSliding, Time);
}
