using SolidCache.Postgres.Resilience;

namespace SolidCache.Postgres.Tests.Resilience;

/// <summary>Keys whose reads ended as misses because of an outage: what their callers set next does not replace what they could not see.</summary>
public sealed class BlindKeysTests
{
    private readonly ResilientUnderTest _test = new();

    [TearDown]
    public void End() => _test.Dispose();

    [Test]
    public async Task A_set_after_a_miss_of_an_outage_is_not_stored_and_its_caller_is_told()
    {
        await MissAsync("key");

        Assert.That((await SetAsync("key"), await SetAsync("other")), Is.EqualTo((false, true)));

        Assert.That((_test.Server.Holds("key"), _test.Degradation.HasStale), Is.EqualTo((false, false)));
        Assert.That(_test.ToldOf, Is.EqualTo((string[])["get", "set"]));
        Assert.That(_test.Told[1].Error, Is.SameAs(_test.Told[0].Error));
    }

    [Test]
    public async Task The_old_value_of_a_blind_key_is_left_alone()
    {
        await SetAsync("key");
        await MissAsync("key");
        await SetAsync("key");

        Assert.That(await ReadAsync("key"), Is.True);
    }

    [Test]
    public async Task A_read_that_succeeds_ends_the_blindness_whatever_it_finds()
    {
        await MissAsync("key");
        Assert.That(await ReadAsync("key"), Is.False);

        Assert.That(await SetAsync("key"), Is.True);
    }

    [Test]
    public async Task A_refresh_and_a_time_to_live_make_blind_and_seeing_too()
    {
        _test.GoAway();
        await _test.Degrading.RefreshAsync(new("refreshed"), async: true, CancellationToken.None);
        await _test.Degrading.GetTimeToLiveAsync(new("asked"), CancellationToken.None);
        _test.ComeBack();
        Assert.That((await SetAsync("refreshed"), await SetAsync("asked")), Is.EqualTo((false, false)));

        await _test.Degrading.RefreshAsync(new("refreshed"), async: true, CancellationToken.None);
        await _test.Degrading.GetTimeToLiveAsync(new("asked"), CancellationToken.None);

        Assert.That((await SetAsync("refreshed"), await SetAsync("asked")), Is.EqualTo((true, true)));
    }

    [Test]
    public async Task A_key_is_blind_for_a_minute()
    {
        await MissAsync("key");
        _test.Time.Advance(TimeSpan.FromSeconds(59));
        Assert.That(await SetAsync("key"), Is.False);

        _test.Time.Advance(TimeSpan.FromSeconds(1));

        Assert.That(await SetAsync("key"), Is.True);
    }

    [Test]
    public async Task A_remove_is_carried_out_whether_its_key_is_blind_or_not()
    {
        await SetAsync("key");
        await MissAsync("key");

        Assert.That(await ResilientUnderTest.RemoveAsync(_test.Degrading), Is.True);
        Assert.That(_test.Server.Holds("key"), Is.False);
    }

    [Test]
    public async Task A_refused_read_makes_blind_too()
    {
        ResilientUnderTest.Open(_test.Reads);
        await ReadAsync("key");

        Assert.That(await SetAsync("key"), Is.False);
    }

    [Test]
    public async Task Where_calls_throw_no_key_is_blind()
    {
        _test.GoAway();
        await Assert.ThatAsync(() => ResilientUnderTest.ReadAsync(_test.Throwing), Throws.TypeOf<IOException>());
        _test.ComeBack();

        Assert.That(await ResilientUnderTest.SetAsync(_test.Throwing), Is.True);
    }

    [Test]
    public async Task Beyond_the_most_keys_every_key_is_blind_for_a_minute()
    {
        for (var number = 0; number < Degradation.MostKeys; number++)
        {
            _test.Degradation.Miss<bool>("get", new($"k{number}"), new IOException());
        }

        Assert.That(_test.Degradation.IsBlind(new("never read")), Is.False);
        await MissAsync("one more");
        Assert.That((_test.Degradation.IsBlind(new("one more")), await SetAsync("never read")), Is.EqualTo((true, false)));

        _test.Time.Advance(TimeSpan.FromSeconds(60));

        Assert.That((await SetAsync("never read"), await SetAsync("one more"), await SetAsync("k7")), Is.EqualTo((true, true, true)));
    }

    [Test]
    public void A_miss_beyond_the_most_keys_does_not_walk_over_all_of_them()
    {
        var time = new CountingTimeProvider();
        using var degradation = new Degradation(static _ => throw new NotSupportedException(), static (_, _) => { }, time);
        for (var number = 0; number <= Degradation.MostKeys; number++)
        {
            degradation.Miss<bool>("get", new($"k{number}"), new IOException());
        }

        var before = time.Readings;
        degradation.Miss<bool>("get", new("one more"), new IOException());

        Assert.That(time.Readings - before, Is.LessThan(10));
    }

    [Test]
    public async Task Keys_that_are_blind_no_more_make_room_for_others()
    {
        for (var number = 0; number < Degradation.MostKeys; number++)
        {
            _test.Degradation.Miss<bool>("get", new($"k{number}"), new IOException());
        }

        _test.Time.Advance(TimeSpan.FromSeconds(61));
        await ReadAsync("seen");
        await MissAsync("one more");

        Assert.That((await SetAsync("never read"), await SetAsync("one more")), Is.EqualTo((true, false)));
    }

    private Task<bool> SetAsync(string key) => ResilientUnderTest.SetAsync(_test.Degrading, key);

    private Task<bool> ReadAsync(string key) => ResilientUnderTest.ReadAsync(_test.Degrading, key);

    private async Task MissAsync(string key)
    {
        _test.GoAway();
        Assert.That(await ReadAsync(key), Is.False);
        _test.ComeBack();
    }

    /// <summary>Counts how often its time is read.</summary>
    private sealed class CountingTimeProvider : TimeProvider
    {
        public int Readings { get; private set; }

        public override long GetTimestamp() => ++Readings;
    }
}
