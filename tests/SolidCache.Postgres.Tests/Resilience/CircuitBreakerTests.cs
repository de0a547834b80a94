using Microsoft.Extensions.Time.Testing;
using SolidCache.Postgres.Dispatch;
using SolidCache.Postgres.Resilience;

namespace SolidCache.Postgres.Tests.Resilience;

/// <summary>Who is refused, and when the server is asked.</summary>
public sealed class CircuitBreakerTests
{
    private static readonly TimeSpan LongerThanAnyPause = TimeSpan.FromSeconds(3);
    private readonly FakeTimeProvider _time = new();
    private readonly List<(BreakerState State, Exception? Error)> _changes = [];
    private int _probes;
    private Exception? _probeError;
    private CircuitBreaker _breaker = null!;

    private IEnumerable<BreakerState> Changes => _changes.Select(change => change.State);

    [SetUp]
    public void Make()
    {
        OwnThread.Instead = Inline;
        _breaker = new CircuitBreaker(Probe, (state, error) => _changes.Add((state, error)), _time);
    }

    [TearDown]
    public void End()
    {
        OwnThread.Instead = null;
        _breaker.Dispose();
    }

    [Test]
    public void Four_failures_in_a_row_change_nothing_and_a_fifth_opens()
    {
        Fail(4);
        Assert.That(_breaker.Refusal(), Is.Null);
        var fifth = new IOException("the fifth");

        _breaker.Failed(fifth);

        Assert.That(_breaker.Refusal(), Is.SameAs(fifth));
        Assert.That(_changes, Is.EqualTo(((BreakerState, Exception?)[])[(BreakerState.Open, fifth)]));
    }

    [Test]
    public void What_was_under_way_when_another_broke_and_breaks_too_counts_with_it()
    {
        for (var blow = 0; blow < 4; blow++)
        {
            var before = _breaker.Counted;
            for (var lane = 0; lane < 6; lane++)
            {
                _breaker.Failed(new IOException("broken"), before);
            }
        }

        Assert.That(_breaker.State, Is.EqualTo(BreakerState.Closed));
        _breaker.Failed(new IOException("the fifth blow"), _breaker.Counted);
        Assert.That(_breaker.State, Is.EqualTo(BreakerState.Open));
    }

    [Test]
    public void What_ran_out_of_time_counts_each()
    {
        var before = _breaker.Counted;
        for (var lane = 0; lane < 5; lane++)
        {
            _breaker.Failed(new TimeoutException(), before);
        }

        Assert.That(_breaker.State, Is.EqualTo(BreakerState.Open));
    }

    [Test]
    public void A_success_between_failures_starts_the_count_anew()
    {
        Fail(4);
        _breaker.Served();
        Fail(4);

        Assert.That(_breaker.State, Is.EqualTo(BreakerState.Closed));
    }

    [Test]
    public void One_batch_that_hung_opens_when_nobody_was_served_meanwhile()
    {
        _breaker.Hung(new TimeoutException(), _breaker.Successes);

        Assert.That((_breaker.State, _breaker.Refusal()), Is.EqualTo((BreakerState.Open, _changes.Single().Error)));
    }

    [Test]
    public void A_batch_that_hung_while_others_were_served_counts_as_a_failure_and_no_more()
    {
        var before = _breaker.Successes;
        _breaker.Served();
        for (var batch = 0; batch < 4; batch++)
        {
            _breaker.Hung(new TimeoutException(), before);
        }

        Assert.That(_breaker.State, Is.EqualTo(BreakerState.Closed));
        _breaker.Hung(new TimeoutException(), before);
        Assert.That(_breaker.State, Is.EqualTo(BreakerState.Open));
    }

    [Test]
    public void It_asks_by_itself_and_lets_one_call_try_which_closes_it()
    {
        HalfOpen();
        Assert.That(_breaker.Refusal(), Is.Null, "The trial.");
        Assert.That(_breaker.Refusal(), Is.TypeOf<IOException>(), "Nobody beside it.");

        _breaker.Served();

        Assert.That(_breaker.Refusal(), Is.Null);
        Assert.That(Changes, Is.EqualTo((BreakerState[])[BreakerState.Open, BreakerState.Closed]));
    }

    [Test]
    public void One_failure_opens_it_again_while_it_is_tried()
    {
        HalfOpen();
        _ = _breaker.Refusal();

        Fail(1);

        Assert.That(_breaker.State, Is.EqualTo(BreakerState.Open));
        Assert.That(Changes, Is.EqualTo((BreakerState[])[BreakerState.Open, BreakerState.Open]));
        AdvanceAndLook(LongerThanAnyPause);
        Assert.That((_breaker.State, _breaker.Refusal()), Is.EqualTo((BreakerState.HalfOpen, (Exception?)null)), "And another may try later.");
    }

    [Test]
    public void A_trial_that_does_not_end_within_a_second_makes_room_for_another()
    {
        HalfOpen();
        _ = _breaker.Refusal();
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.That(_breaker.Refusal(), Is.Not.Null);

        _time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.That(_breaker.Refusal(), Is.Null);
        Assert.That(_breaker.Refusal(), Is.Not.Null, "One at a time.");
    }

    [Test]
    public void A_call_that_says_nothing_of_the_lanes_passes_half_open_and_is_not_the_trial()
    {
        HalfOpen();

        Assert.That((_breaker.Refusal(mayTry: false), _breaker.Refusal(mayTry: false)), Is.EqualTo(((Exception?)null, (Exception?)null)));
        Assert.That(_breaker.Refusal(), Is.Null, "The trial.");
        Assert.That(_breaker.Refusal(mayTry: false), Is.Null, "Beside it.");
    }

    [Test]
    public void A_call_that_says_nothing_of_the_lanes_is_refused_while_the_server_is_away()
    {
        Fail(5);

        Assert.That(_breaker.Refusal(mayTry: false), Is.TypeOf<IOException>());
    }

    [Test]
    public void A_batch_that_ends_well_after_it_opened_does_not_close_it()
    {
        Fail(5);
        _breaker.Served();

        Assert.That(_breaker.State, Is.EqualTo(BreakerState.Open));
    }

    [Test]
    public void While_the_server_is_away_it_asks_again_and_again_at_least_every_two_and_a_half_seconds()
    {
        _probeError = new IOException();
        Fail(5);

        for (var second = 0; second < 60; second++)
        {
            Assert.That(AdvanceAndLook(TimeSpan.FromSeconds(1)), Is.True, "It is looked after.");
        }

        Assert.That(_breaker.State, Is.EqualTo(BreakerState.Open));
        Assert.That(_probes, Is.InRange(20, 60));
    }

    [Test]
    public void It_asks_no_more_once_it_is_disposed()
    {
        Fail(5);
        _breaker.Dispose();

        Assert.That((AdvanceAndLook(LongerThanAnyPause), _probes), Is.EqualTo((false, 0)));
    }

    [Test]
    public void It_may_be_told_of_batches_when_it_is_disposed()
    {
        _breaker.Dispose();

        Assert.That(() => Fail(10), Throws.Nothing);
        Assert.That(_breaker.Served, Throws.Nothing);
    }

    private static bool Inline(Action work)
    {
        work();
        return true;
    }

    private bool AdvanceAndLook(TimeSpan time)
    {
        _time.Advance(time);
        return _breaker.Look();
    }

    private void HalfOpen()
    {
        Fail(5);
        AdvanceAndLook(LongerThanAnyPause);
        Assert.That(_breaker.State, Is.EqualTo(BreakerState.HalfOpen));
    }

    private void Fail(int times)
    {
        for (var time = 0; time < times; time++)
        {
            _breaker.Failed(new IOException());
        }
    }

    private void Probe()
    {
        _probes++;
        if (_probeError is { } error)
        {
            throw error;
        }
    }
}
