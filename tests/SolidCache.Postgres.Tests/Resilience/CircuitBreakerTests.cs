using Microsoft.Extensions.Time.Testing;
using SolidCache.Postgres.Resilience;

namespace SolidCache.Postgres.Tests.Resilience;

public sealed class CircuitBreakerTests
{
    private static readonly TimeSpan LongerThanAnyPause = TimeSpan.FromSeconds(3);
    private readonly FakeTimeProvider _time = new();
    private readonly List<BreakerState> _changes = [];
    private int _probes;
    private Exception? _probeError;
    private CircuitBreaker _breaker = null!;

    [SetUp]
    public void Make()
    {
        (_probes, _probeError) = (0, null);
        _changes.Clear();
        _breaker = new CircuitBreaker(ProbeAsync, (state, _) => _changes.Add(state), _time);
    }

    [TearDown]
    public void End() => _breaker.Dispose();

    [Test]
    public void Four_failures_in_a_row_change_nothing_and_a_fifth_opens()
    {
        Fail(4);
        Assert.That(_breaker.Refusal(), Is.Null);

        Fail(1);

        Assert.That(_breaker.Refusal(), Is.TypeOf<IOException>());
        Assert.That(_changes, Is.EqualTo([BreakerState.Open]));
    }

    [Test]
    public void A_success_between_failures_starts_the_count_anew()
    {
        Fail(4);
        _breaker.Succeeded();
        Fail(4);

        Assert.That(_breaker.State, Is.EqualTo(BreakerState.Closed));
    }

    [Test]
    public void Calls_that_failed_in_one_batch_count_once()
    {
        var error = new IOException();
        for (var call = 0; call < 100; call++)
        {
            _breaker.Failed(error, _breaker.Successes);
        }

        Assert.That(_breaker.State, Is.EqualTo(BreakerState.Closed));
    }

    [Test]
    public void One_time_out_opens_when_nobody_was_served_meanwhile()
    {
        _breaker.Failed(new TimeoutException(), _breaker.Successes);

        Assert.That(_breaker.State, Is.EqualTo(BreakerState.Open));
    }

    [Test]
    public void One_time_out_does_not_open_when_others_were_served()
    {
        var before = _breaker.Successes;
        _breaker.Succeeded();

        _breaker.Failed(new TimeoutException(), before);

        Assert.That(_breaker.State, Is.EqualTo(BreakerState.Closed));
    }

    [Test]
    public void It_asks_by_itself_and_lets_one_call_try_which_closes_it()
    {
        Fail(5);
        _time.Advance(LongerThanAnyPause);

        Assert.That(_breaker.State, Is.EqualTo(BreakerState.HalfOpen));
        Assert.That(_breaker.Refusal(), Is.Null, "The trial.");
        Assert.That(_breaker.Refusal(), Is.Not.Null, "Nobody beside it.");

        _breaker.Succeeded();

        Assert.That(_breaker.Refusal(), Is.Null);
        Assert.That(_changes, Is.EqualTo([BreakerState.Open, BreakerState.Closed]));
    }

    [Test]
    public void A_trial_that_fails_opens_it_again()
    {
        Fail(5);
        _time.Advance(LongerThanAnyPause);
        _ = _breaker.Refusal();

        Fail(1);

        Assert.That(_breaker.State, Is.EqualTo(BreakerState.Open));
    }

    [Test]
    public void A_trial_that_says_nothing_about_the_server_makes_room_for_another()
    {
        Fail(5);
        _time.Advance(LongerThanAnyPause);
        _ = _breaker.Refusal();

        _breaker.Abandoned();

        Assert.That(_breaker.Refusal(), Is.Null);
    }

    [Test]
    public void While_the_server_is_away_it_asks_again_and_again_at_least_every_two_and_a_half_seconds()
    {
        _probeError = new IOException();
        Fail(5);

        for (var second = 0; second < 60; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.That(_breaker.State, Is.EqualTo(BreakerState.Open));
        Assert.That(_probes, Is.InRange(20, 60));
    }

    [Test]
    public void It_asks_no_more_once_it_is_disposed()
    {
        Fail(5);
        _breaker.Dispose();

        _time.Advance(LongerThanAnyPause);

        Assert.That(_probes, Is.Zero);
    }

    private void Fail(int times)
    {
        for (var time = 0; time < times; time++)
        {
            _breaker.Failed(new IOException(), _breaker.Successes);
        }
    }

    private Task ProbeAsync(CancellationToken cancellationToken)
    {
        _probes++;
        return _probeError is { } error ? Task.FromException(error) : Task.CompletedTask;
    }
}
