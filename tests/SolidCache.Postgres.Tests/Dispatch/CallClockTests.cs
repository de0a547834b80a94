using Microsoft.Extensions.Time.Testing;
using SolidCache.Postgres.Dispatch;

namespace SolidCache.Postgres.Tests.Dispatch;

/// <summary>The one limit of a call.</summary>
public sealed class CallClockTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly CallClock _clock;

    public CallClockTests() => _clock = AwayDatabase.Clock(_time);

    [TestCase(4.999, false)]
    [TestCase(5, true)]
    [TestCase(6, true)]
    public void A_calls_time_is_over_after_its_limit(double seconds, bool isOver)
    {
        var began = _clock.Now;
        _time.Advance(TimeSpan.FromSeconds(seconds));

        Assert.That((_clock.IsOver(began), _clock.Since(began).TotalSeconds), Is.EqualTo((isOver, seconds)));
    }

    [Test]
    public void The_oldest_is_as_old_as_the_limit_and_its_deadline_is_now()
    {
        Assert.That(_clock.DeadlineOf(_clock.Oldest, TimeSpan.Zero), Is.EqualTo(_clock.Now));
        Assert.That(_clock.DeadlineOf(_clock.Now, TimeSpan.FromSeconds(1)), Is.EqualTo(_clock.Now + (6 * _time.TimestampFrequency)));
    }

    [Test]
    public void Its_error_names_the_table_the_limit_and_the_option()
    {
        var cause = new IOException();

        var error = _clock.OutOfTime(cause);

        Assert.That(error.Message, Does.Contain("public.solid_cache_entries").And.Contain("within 5 seconds").And.Contain("OperationTimeout").And.Contain("its pool"));
        Assert.That(error.InnerException, Is.SameAs(cause));
    }
}
