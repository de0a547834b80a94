using SolidCache.Postgres.Entries;
using SolidCache.Postgres.Resilience;

namespace SolidCache.Postgres.Tests.Resilience;

/// <summary>Where sets may be dropped: a set takes the old value along when it is, so that nobody reads in an outage what he cannot write.</summary>
public sealed class ReadsBeforeSetsTests
{
    private readonly ResilientUnderTest _test = new();

    [TearDown]
    public void End() => _test.Dispose();

    [Test]
    public async Task An_outage_that_only_writes_have_met_so_far_makes_reads_miss_and_their_keys_blind()
    {
        await SetAsync("key");
        ResilientUnderTest.Open(_test.Writes);

        Assert.That((await ReadAsync("key"), await SetAsync("key")), Is.EqualTo((false, false)));
        Assert.That((_test.Server.Holds("key"), _test.Degradation.HasStale), Is.EqualTo((true, false)), "What nobody has read is left alone.");
        Assert.That(await ResilientUnderTest.ReadAsync(_test.Throwing, "key"), Is.True, "Where sets throw, nothing is lost.");
    }

    [Test]
    public async Task Reads_pass_as_soon_as_the_server_answers_and_so_do_all_their_sets()
    {
        await SetAsync("a");
        await SetAsync("b");
        ResilientUnderTest.Open(_test.Writes);
        _test.Ask(_test.Writes);

        Assert.That((await ReadAsync("a"), await ReadAsync("b"), _test.Writes.State), Is.EqualTo((true, true, BreakerState.HalfOpen)));
        Assert.That(await Task.WhenAll(SetAsync("a"), SetAsync("b")), Is.All.True, "Not only the one that tries.");
    }

    [Test]
    public async Task Reads_pass_where_the_server_answers_and_takes_no_writes()
    {
        await SetAsync("key");
        ResilientUnderTest.Open(_test.Writes);
        _test.Answer = new SolidCacheException("The server is read-only.");
        _test.Ask(_test.Writes);

        Assert.That((_test.Writes.State, await ReadAsync("key")), Is.EqualTo((BreakerState.Open, true)));
    }

    [Test]
    public async Task Reads_miss_again_when_the_server_does_not_answer_any_more()
    {
        await SetAsync("key");
        ResilientUnderTest.Open(_test.Writes);
        _test.Answer = new SolidCacheException("The server is read-only.");
        _test.Ask(_test.Writes);
        ResilientUnderTest.Open(_test.Reads);
        _test.Answer = new Outage(new IOException("It is away."));
        _test.Ask(_test.Writes);
        _test.Answer = null;
        _test.Ask(_test.Reads);

        Assert.That((_test.Reads.State, await ReadAsync("key")), Is.EqualTo((BreakerState.HalfOpen, false)));
    }

    /// <summary>As when others have locked the table for writes.</summary>
    [Test]
    public async Task Reads_pass_while_writes_fail_again_and_again_on_a_server_that_has_answered()
    {
        await SetAsync("key");
        ResilientUnderTest.Open(_test.Writes);
        _test.Ask(_test.Writes);
        ResilientUnderTest.Open(_test.Writes);

        Assert.That((_test.Writes.State, await ReadAsync("key")), Is.EqualTo((BreakerState.Open, true)));
    }

    [Test]
    public async Task Reads_that_fail_too_wait_for_the_next_answer()
    {
        await SetAsync("key");
        ResilientUnderTest.Open(_test.Writes);
        _test.Ask(_test.Writes);
        ResilientUnderTest.Open(_test.Writes);
        ResilientUnderTest.Open(_test.Reads);
        _test.Ask(_test.Reads);
        Assert.That((_test.Reads.State, await ReadAsync("key")), Is.EqualTo((BreakerState.HalfOpen, false)), "Its set would be dropped.");

        _test.Ask(_test.Writes);

        Assert.That((await ReadAsync("key"), await SetAsync("key")), Is.EqualTo((true, true)));
    }

    private Task<bool> SetAsync(string key) => ResilientUnderTest.SetAsync(_test.Degrading, key);

    private Task<bool> ReadAsync(string key) => ResilientUnderTest.ReadAsync(_test.Degrading, key);
}
