using SolidCache.Postgres.Resilience;

namespace SolidCache.Postgres.Tests.Resilience;

/// <summary>What the breakers refuse, and what callers are told.</summary>
public sealed class ResilientEntryStoreTests
{
    private readonly ResilientUnderTest _test = new();

    [TearDown]
    public void End() => _test.Dispose();

    [Test]
    public async Task Callers_get_the_error_itself_and_not_its_mark()
    {
        var cause = _test.GoAway();
        Func<Task>[] calls =
        [
            () => ResilientUnderTest.ReadAsync(_test.Throwing),
            () => ResilientUnderTest.SetAsync(_test.Throwing),
            () => ResilientUnderTest.RemoveAsync(_test.Throwing),
            () => ResilientUnderTest.RemoveAsync(_test.Degrading),
            () => _test.Degrading.RemoveAsync([], CancellationToken.None).AsTask(),
            () => _test.Degrading.GetStatisticsAsync(default, CancellationToken.None).AsTask(),
        ];

        foreach (var call in calls)
        {
            await Assert.ThatAsync(call, Throws.Exception.SameAs(cause));
        }
    }

    [Test]
    public async Task A_refused_call_does_not_reach_the_server()
    {
        ResilientUnderTest.Open(_test.Reads);

        await Assert.ThatAsync(() => ResilientUnderTest.ReadAsync(_test.Throwing), Throws.TypeOf<SolidCacheException>());
        await Assert.ThatAsync(() => _test.Throwing.RefreshAsync(new("key"), async: true, CancellationToken.None).AsTask(), Throws.TypeOf<SolidCacheException>());
        await Assert.ThatAsync(() => _test.Throwing.GetTimeToLiveAsync(new("key"), CancellationToken.None).AsTask(), Throws.TypeOf<SolidCacheException>());

        Assert.That(_test.Server.Asked, Is.Zero);
    }

    [Test]
    public async Task A_refusal_says_what_the_server_failed_with_and_carries_no_error_of_others()
    {
        var error = Assert.Throws<IOException>(static () => throw new IOException("The disk is on fire."))!;
        _test.Reads.Hung(error, _test.Reads.Successes);

        var refusal = await Assert.CatchAsync<SolidCacheException>(() => ResilientUnderTest.ReadAsync(_test.Throwing));

        Assert.That(refusal!.Message, Does.Contain("public.solid_cache_entries").And.EndsWith("The disk is on fire."));
        Assert.That((refusal.InnerException, refusal.IsTransient), Is.EqualTo(((Exception?)null, true)));
        Assert.That(refusal.ToString(), Does.Not.Contain(nameof(A_refusal_says_what_the_server_failed_with_and_carries_no_error_of_others) + ".<>c"));
    }

    [Test]
    public async Task Writes_that_fail_leave_reads_alone()
    {
        ResilientUnderTest.Open(_test.Writes);

        Assert.That(await ResilientUnderTest.ReadAsync(_test.Throwing), Is.False);
        await Assert.ThatAsync(() => ResilientUnderTest.SetAsync(_test.Throwing), Throws.TypeOf<SolidCacheException>());
        await Assert.ThatAsync(() => ResilientUnderTest.RemoveAsync(_test.Throwing), Throws.TypeOf<SolidCacheException>());
        await Assert.ThatAsync(() => _test.Throwing.RemoveAsync([], CancellationToken.None).AsTask(), Throws.TypeOf<SolidCacheException>());
    }

    [Test]
    public async Task Sets_that_find_no_room_leave_removals_and_reads_alone()
    {
        ResilientUnderTest.Open(_test.Room);

        await Assert.ThatAsync(() => ResilientUnderTest.SetAsync(_test.Throwing), Throws.TypeOf<SolidCacheException>());
        Assert.That(await ResilientUnderTest.RemoveAsync(_test.Throwing), Is.True);
        Assert.That(await _test.Throwing.RemoveAsync([], CancellationToken.None), Is.EqualTo(1));
        Assert.That(await ResilientUnderTest.ReadAsync(_test.Throwing), Is.False);
    }

    [Test]
    public async Task Statistics_are_never_refused()
    {
        foreach (var breaker in (CircuitBreaker[])[_test.Reads, _test.Writes, _test.Room])
        {
            ResilientUnderTest.Open(breaker);
        }

        await Assert.ThatAsync(() => _test.Throwing.GetStatisticsAsync(default, CancellationToken.None).AsTask(), Throws.TypeOf<NotSupportedException>());
    }

    [Test]
    public async Task Degraded_a_read_misses_a_set_is_dropped_and_a_remove_throws()
    {
        var cause = _test.GoAway();

        Assert.That(await ResilientUnderTest.ReadAsync(_test.Degrading, "a"), Is.False);
        Assert.That(await _test.Degrading.GetTimeToLiveAsync(new("b"), CancellationToken.None), Is.Null);
        Assert.That(await _test.Degrading.RefreshAsync(new("c"), async: true, CancellationToken.None), Is.False);
        Assert.That(await ResilientUnderTest.SetAsync(_test.Degrading, "d"), Is.False);
        await Assert.ThatAsync(() => ResilientUnderTest.RemoveAsync(_test.Degrading), Throws.Exception.SameAs(cause));

        Assert.That(_test.ToldOf, Is.EqualTo((string[])["get", "time_to_live", "refresh", "set"]));
        Assert.That(_test.Told.Select(told => told.Error), Has.All.SameAs(cause));
    }

    [Test]
    public async Task Degraded_what_is_refused_ends_in_the_same_way_with_what_the_breaker_opened_for()
    {
        var (ofReads, ofWrites) = (ResilientUnderTest.Open(_test.Reads), ResilientUnderTest.Open(_test.Writes));

        Assert.That(await ResilientUnderTest.ReadAsync(_test.Degrading, "a"), Is.False);
        Assert.That(await ResilientUnderTest.SetAsync(_test.Degrading, "b"), Is.False);
        await Assert.ThatAsync(() => ResilientUnderTest.RemoveAsync(_test.Degrading), Throws.TypeOf<SolidCacheException>());

        Assert.That(_test.ToldOf, Is.EqualTo((string[])["get", "set"]));
        Assert.That(_test.Told[0].Error, Is.TypeOf<SolidCacheException>().With.Message.EndsWith(ofReads.Message).And.InnerException.Null);
        Assert.That(_test.Told[1].Error, Is.TypeOf<SolidCacheException>().With.Message.EndsWith(ofWrites.Message).And.InnerException.Null);
        Assert.That(_test.Server.Asked, Is.Zero);
    }

    [Test]
    public async Task Degraded_what_is_not_marked_as_an_outage_still_throws_whatever_its_type()
    {
        foreach (var error in (Exception[])[new SolidCacheException("no table"), new IOException(), new TimeoutException(), new OperationCanceledException()])
        {
            _test.Server.Error = error;
            await Assert.ThatAsync(() => ResilientUnderTest.ReadAsync(_test.Degrading), Throws.Exception.SameAs(error));
            await Assert.ThatAsync(() => ResilientUnderTest.SetAsync(_test.Degrading), Throws.Exception.SameAs(error));
        }

        Assert.That(_test.Told, Is.Empty);
    }

    [Test]
    public void A_blocking_call_over_a_blocking_store_is_complete_when_it_returns()
    {
        ResilientUnderTest.Open(_test.Reads);
        ResilientUnderTest.Open(_test.Writes);

        Assert.That(_test.Degrading.ReadAsync(new("a"), null!, slide: true, async: false, CancellationToken.None).AsTask().IsCompletedSuccessfully, Is.True);
        Assert.That(_test.Degrading.WriteAsync(new("b"), default, default, durable: true, async: false, CancellationToken.None).AsTask().IsCompletedSuccessfully, Is.True);
        Assert.That(_test.Throwing.ReadAsync(new("a"), null!, slide: true, async: false, CancellationToken.None).AsTask().IsFaulted, Is.True);
    }
}
