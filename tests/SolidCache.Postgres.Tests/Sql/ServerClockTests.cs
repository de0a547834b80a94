using Microsoft.Extensions.Time.Testing;
using SolidCache.Postgres.Sql;

namespace SolidCache.Postgres.Tests.Sql;

public sealed class ServerClockTests
{
    private readonly FakeTimeProvider _time = new();

    [Test]
    public void It_goes_on_from_what_the_server_said()
    {
        var clock = new ServerClock(_time);
        clock.Learn(1_000_000, 0);
        _time.Advance(TimeSpan.FromSeconds(2));

        Assert.That(clock.At(clock.Now, later: TimeSpan.FromSeconds(5)), Is.EqualTo(8_000_000));
    }

    [Test]
    public void A_reading_is_old_after_a_minute()
    {
        var clock = new ServerClock(_time);
        Assert.That(clock.IsOld, "Before the first.");
        clock.Learn(1_000_000, 0);
        Assert.That(clock.IsOld, Is.False);

        _time.Advance(TimeSpan.FromSeconds(61));

        Assert.That(clock.IsOld);
    }

    [Test]
    public void A_clock_in_doubt_is_read_anew_and_serves_the_others_until_then()
    {
        var clock = new ServerClock(_time);
        clock.Learn(1_000_000, 0);

        clock.Doubt();
        Assert.That(clock.IsOld);
        Assert.That(clock.At(clock.Now, later: TimeSpan.Zero), Is.EqualTo(1_000_000), "Not zero, or every write under way would be late.");

        clock.Learn(9_000_000, 0);
        Assert.That(clock.IsOld, Is.False);
        Assert.That(clock.At(clock.Now, later: TimeSpan.Zero), Is.EqualTo(9_000_000));
    }
}
