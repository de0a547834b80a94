using SolidCache.Postgres.Resilience;

namespace SolidCache.Postgres.Tests.Resilience;

/// <summary>Keys whose sets were dropped: they miss until their old values are removed.</summary>
public sealed class StaleKeysTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly ResilientUnderTest _test = new();

    [TearDown]
    public void End() => _test.Dispose();

    [Test]
    public async Task A_key_whose_set_was_dropped_misses_although_its_old_value_is_there_and_others_do_not()
    {
        await SetAsync("key");
        await SetAsync("other");
        await DropAsync("key");

        Assert.That((await ReadAsync("key"), await ReadAsync("other")), Is.EqualTo((false, true)));
        Assert.That(await _test.Degrading.GetTimeToLiveAsync(new("key"), CancellationToken.None), Is.Null);
        Assert.That((_test.Server.Holds("key"), _test.Degradation.HasStale), Is.EqualTo((true, true)));
        Assert.That(_test.ToldOf, Is.EqualTo((string[])["set"]), "Its misses are no outages.");
    }

    [Test]
    public async Task Its_old_value_is_removed_when_the_server_is_back()
    {
        await SetAsync("key");
        _test.GoAway();
        await SetAsync("key");
        await NextRemovalAsync();
        Assert.That((_test.Degradation.HasStale, _test.Server.Holds("key")), Is.EqualTo((true, true)), "It is still away.");

        _test.ComeBack();
        await NextRemovalAsync();

        Assert.That(() => _test.Degradation.HasStale, Is.False.After(10_000, 1));
        Assert.That(_test.Server.Holds("key"), Is.False);
    }

    [Test]
    public async Task A_key_whose_row_is_locked_stays_stale_until_the_next_attempt()
    {
        _test.Locked.Add("locked");
        await DropAsync("locked");
        await DropAsync("free");
        await NextRemovalAsync();
        Assert.That(() => _test.Degradation.IsStale(new("free")), Is.False.After(10_000, 1));
        Assert.That(_test.Degradation.IsStale(new("locked")), Is.True);

        _test.Locked.Clear();

        Assert.That(() => _test.Degradation.HasStale, Is.False.After(10_000, 1));
    }

    [Test]
    public async Task Another_set_may_be_dropped_when_all_was_removed()
    {
        await DropAsync("first");
        Assert.That(() => _test.Degradation.HasStale, Is.False.After(10_000, 1));

        await DropAsync("second");

        Assert.That(() => _test.Degradation.HasStale, Is.False.After(10_000, 1));
    }

    [Test]
    public async Task A_set_that_is_stored_makes_its_key_readable_again()
    {
        await DropAsync("key");

        Assert.That(await SetAsync("key"), Is.True);

        Assert.That((await ReadAsync("key"), _test.Degradation.HasStale), Is.EqualTo((true, false)));
    }

    [Test]
    public async Task A_set_that_is_stored_says_nothing_of_another_that_was_dropped_meanwhile()
    {
        await DropAsync("key");
        _test.Server.Meanwhile = () => _test.Degradation.TryDrop(new("key"), _test.Degradation.Begins(), new IOException());

        await SetAsync("key");

        Assert.That(await ReadAsync("key"), Is.False, "It began later.");
    }

    [Test]
    public async Task A_set_that_began_before_any_was_dropped_says_nothing_of_one_that_was_dropped_meanwhile()
    {
        _test.Server.Meanwhile = () => _test.Degradation.TryDrop(new("key"), _test.Degradation.Begins(), new IOException());

        await SetAsync("key");

        Assert.That(await ReadAsync("key"), Is.False);
    }

    [Test]
    public async Task Beyond_the_most_keys_sets_throw_instead_of_being_dropped()
    {
        var cause = _test.GoAway();
        for (var number = 0; number < Degradation.MostKeys; number++)
        {
            Assert.That(_test.Degradation.TryDrop(new($"k{number}"), _test.Degradation.Begins(), new IOException()), Is.True);
        }

        await Assert.ThatAsync(() => SetAsync("one more"), Throws.Exception.SameAs(cause), "As without degradation.");
        Assert.That(await SetAsync("k7"), Is.False, "It is known already.");
    }

    [Test]
    public async Task Nothing_is_removed_once_it_is_disposed()
    {
        _test.Degradation.Dispose();
        await DropAsync("key");

        Assert.That(await _test.Removals.WaitAsync(TimeSpan.FromMilliseconds(50)), Is.False);
    }

    private Task<bool> SetAsync(string key) => ResilientUnderTest.SetAsync(_test.Degrading, key);

    private Task<bool> ReadAsync(string key) => ResilientUnderTest.ReadAsync(_test.Degrading, key);

    private async Task DropAsync(string key)
    {
        _test.GoAway();
        Assert.That(await SetAsync(key), Is.False);
        _test.ComeBack();
    }

    private async Task NextRemovalAsync() => Assert.That(await _test.Removals.WaitAsync(Patience), Is.True);
}
