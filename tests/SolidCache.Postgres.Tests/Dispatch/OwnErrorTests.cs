using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Tests.Dispatch;

/// <summary>No two callers share an exception, whose stack each of them writes into.</summary>
public sealed class OwnErrorTests
{
    private readonly Writes _writes = new();

    [Test]
    public void Those_of_a_batch_that_failed_have_errors_of_their_own()
    {
        var requests = new[] { _writes.Set("a"), _writes.Set("a"), _writes.Set("b") };

        _writes.End(_writes.Take(), static () => new IOException());

        AssertOwn<IOException>(requests.Select(request => request.Error()));
    }

    [Test]
    public void Those_of_touches_that_failed_have_errors_of_their_own()
    {
        var requests = new[] { _writes.Touch("a"), _writes.Touch("a"), _writes.Touch("b") };

        _writes.End(_writes.Take(), static () => new IOException());

        AssertOwn<IOException>(requests.Select(request => request.Error()));
    }

    [Test]
    public void Those_in_doubt_have_errors_of_their_own()
    {
        var requests = new[] { _writes.Set("a"), _writes.Remove("a"), _writes.Remove("b") };

        _writes.Queue.EndInDoubt([.. _writes.Take(), .. _writes.Take()], static () => new IOException(), long.MaxValue);

        AssertOwn<IOException>(requests.Select(request => request.Error()));
    }

    [Test]
    public void Those_that_wait_while_the_server_is_away_have_errors_of_their_own()
    {
        var requests = new[] { _writes.Set("a"), _writes.Set("a"), _writes.Set("b"), _writes.Touch("c") };

        _writes.Queue.FailWaiting(static () => new IOException());

        AssertOwn<IOException>(requests.Select(request => request.Error()));
    }

    [Test]
    public void Those_that_run_out_of_time_have_errors_of_their_own_down_to_their_causes()
    {
        var underWay = new[] { _writes.Set("a"), _writes.Set("a") };
        _writes.Take();
        var waiting = new[] { _writes.Set("a"), _writes.Set("b"), _writes.Touch("c") };
        _writes.Wait(6);

        _writes.Queue.Look();

        var errors = underWay.Concat(waiting).Select(request => request.Error()).ToArray();
        AssertOwn<Outage>(errors);
        AssertOwn<TimeoutException>(errors.Select(error => error?.InnerException));
    }

    [Test]
    public void Those_of_a_row_that_stays_locked_have_errors_of_their_own()
    {
        var requests = new[] { _writes.Set("a"), _writes.Set("a") };
        _writes.Queue.Stray(_writes.Take());
        _writes.Wait(6);

        _writes.Queue.Look();

        AssertOwn<TimeoutException>(requests.Select(request => request.Error()));
    }

    private static void AssertOwn<T>(IEnumerable<Exception?> errors) => Assert.That(errors.ToArray(), Is.Unique.And.All.TypeOf<T>());
}
