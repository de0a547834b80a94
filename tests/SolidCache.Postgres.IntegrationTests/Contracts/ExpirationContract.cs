using System.Buffers;
using Microsoft.Extensions.Caching.Distributed;

namespace SolidCache.Postgres.IntegrationTests.Contracts;

public sealed class ExpirationContract(Calling calling) : CacheContract(calling)
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Test]
    public async Task A_relative_expiration_beats_an_absolute_one_whatever_that_says()
    {
        var key = NewKey();
        await Cache.SetAsync(key, [1], new()
        {
            AbsoluteExpirationRelativeToNow = Minute,
            AbsoluteExpiration = DateTimeOffset.UtcNow.AddDays(-1),
        });

        Assert.That(await SolidCache.GetTimeToLiveAsync(key), Is.InRange(Minute * 0.9, Minute));
    }

    [TestCase(-12)]
    [TestCase(0)]
    [TestCase(14)]
    public async Task An_absolute_expiration_means_the_same_instant_in_any_offset(int hours)
    {
        var key = NewKey();
        await Cache.SetAsync(key, [1], new() { AbsoluteExpiration = DateTimeOffset.UtcNow.AddMinutes(1).ToOffset(TimeSpan.FromHours(hours)) });

        Assert.That(await SolidCache.GetTimeToLiveAsync(key), Is.InRange(Minute * 0.9, Minute));
    }

    [Test]
    public async Task A_window_of_milliseconds_is_honoured()
    {
        var key = NewKey();
        await Cache.SetAsync(key, [1], Absolute(TimeSpan.FromMilliseconds(250)));

        var lived = await SolidCache.GetTimeToLiveAsync(key);
        await PassAsync(key, TimeSpan.FromMilliseconds(250));

        Assert.That(lived, Is.InRange(TimeSpan.Zero, TimeSpan.FromMilliseconds(250)));
        Assert.That(await Cache.GetAsync(key), Is.Null);
    }

    private static IEnumerable<DistributedCacheEntryOptions> Unending()
    {
        yield return new() { AbsoluteExpirationRelativeToNow = TimeSpan.MaxValue };
        yield return new() { AbsoluteExpiration = DateTimeOffset.MaxValue };
        yield return new() { SlidingExpiration = TimeSpan.MaxValue };
        yield return new() { SlidingExpiration = TimeSpan.MaxValue, AbsoluteExpirationRelativeToNow = TimeSpan.MaxValue };
    }

    [TestCaseSource(nameof(Unending))]
    public async Task The_longest_expirations_mean_never(DistributedCacheEntryOptions options)
    {
        var key = NewKey();
        await Cache.SetAsync(key, [1], options);

        Assert.That(await SolidCache.GetTimeToLiveAsync(key), Is.EqualTo(TimeSpan.MaxValue));
        await Cache.RefreshAsync(key);
        Assert.That(await Cache.GetAsync(key), Is.Not.Null);
    }

    [TestCase(400)]
    [TestCase(100_000)]
    [TestCase(364_000)]
    public async Task Windows_of_many_days_work(int days)
    {
        var key = NewKey();
        var window = TimeSpan.FromDays(days);
        await Cache.SetAsync(key, [1], Sliding(window));

        Assert.That(await SolidCache.GetTimeToLiveAsync(key), Is.EqualTo(window));
        await PassAsync(key, window * 0.9);
        Assert.That(await Cache.GetAsync(key), Is.Not.Null);
    }

    [Test]
    public async Task An_entry_without_any_expiration_slides_by_twenty_minutes()
    {
        var key = NewKey();
        await Cache.SetAsync(key, [1], new());

        Assert.That(await SolidCache.GetTimeToLiveAsync(key), Is.EqualTo(TimeSpan.FromMinutes(20)));
        await PassAsync(key, TimeSpan.FromMinutes(22));
        Assert.That(await Cache.GetAsync(key), Is.Null);
    }

    [Test]
    public async Task The_default_may_be_another_window_or_never()
    {
        await using var slow = await StartNodeAsync(options => options.DefaultSlidingExpiration = TimeSpan.FromDays(2));
        await using var never = await StartNodeAsync(options => options.DefaultSlidingExpiration = null);
        var (first, second) = (NewKey(), NewKey());
        await CacheCalls.Of(Calling, slow.Cache).SetAsync(first, [1], new());
        await CacheCalls.Of(Calling, never.Cache).SetAsync(second, [1], new());

        Assert.That(await SolidCache.GetTimeToLiveAsync(first), Is.EqualTo(TimeSpan.FromDays(2)));
        Assert.That(await SolidCache.GetTimeToLiveAsync(second), Is.EqualTo(TimeSpan.MaxValue));
    }

    [Test]
    public async Task A_sliding_entry_that_was_read_once_expires_when_idle()
    {
        var key = NewKey();
        await Cache.SetAsync(key, [1], Sliding(2 * Second, Hour));
        Assert.That(await Cache.GetAsync(key), Is.Not.Null);

        await PassAsync(key, 3 * Second);

        Assert.That(await Cache.GetAsync(key), Is.Null);
    }

    [Test]
    public async Task The_absolute_expiration_caps_the_sliding_one_at_the_first_read()
    {
        var key = NewKey();
        await Cache.SetAsync(key, [1], Sliding(30 * Second, 2 * Second));

        Assert.That(await SolidCache.GetTimeToLiveAsync(key), Is.LessThanOrEqualTo(2 * Second));
        await PassAsync(key, 2 * Second);
        Assert.That(await Cache.GetAsync(key), Is.Null);
    }

    [Test]
    public async Task Neither_reads_nor_refreshes_carry_an_entry_past_its_absolute_expiration()
    {
        var key = NewKey();
        await Cache.SetAsync(key, [1], Sliding(40 * Second, Minute));

        await PassAsync(key, 30 * Second);
        Assert.That(await Cache.GetAsync(key), Is.Not.Null);
        await Cache.RefreshAsync(key);
        Assert.That(await SolidCache.GetTimeToLiveAsync(key), Is.LessThanOrEqualTo(30 * Second));

        await PassAsync(key, 30 * Second);
        Assert.That(await Cache.GetAsync(key), Is.Null);
    }

    [Test]
    public async Task Reading_extends_a_sliding_expiration([Values] bool intoWriter)
    {
        var key = NewKey();
        await Cache.SetAsync(key, [1], Sliding(Minute));
        for (var round = 0; round < 5; round++)
        {
            await PassAsync(key, 0.9 * Minute);
            Assert.That(
                intoWriter ? await Cache.TryGetAsync(key, new ArrayBufferWriter<byte>()) : await Cache.GetAsync(key) is not null,
                $"Round {round}");
        }
    }

    [Test]
    public async Task Refreshing_extends_a_sliding_expiration()
    {
        var key = NewKey();
        await Cache.SetAsync(key, [1], Sliding(Minute));
        for (var round = 0; round < 5; round++)
        {
            await PassAsync(key, 0.9 * Minute);
            await Cache.RefreshAsync(key);
        }

        Assert.That(await Cache.GetAsync(key), Is.Not.Null);
    }

    [Test]
    public async Task A_sliding_entry_lives_its_window_after_the_last_read_and_at_most_a_tenth_longer([Values(0.0, 0.05, 0.09, 0.11, 0.5, 1.05)] double readAt)
    {
        var (lives, dies) = (NewKey(), NewKey());
        foreach (var key in new[] { lives, dies })
        {
            await Cache.SetAsync(key, [1], Sliding(Hour));
            await PassAsync(key, readAt * Hour);
            Assert.That(await Cache.GetAsync(key), Is.Not.Null);
        }

        await PassAsync(lives, 0.999 * Hour);
        await PassAsync(dies, 1.1 * Hour);

        Assert.That(await Cache.GetAsync(lives), Is.Not.Null);
        Assert.That(await Cache.GetAsync(dies), Is.Null);
    }

    [Test]
    public async Task Looking_at_an_entry_does_not_extend_it()
    {
        var key = NewKey();
        await Cache.SetAsync(key, [1], Sliding(Minute));
        await PassAsync(key, 0.8 * Minute);

        Assert.That(await SolidCache.ExistsAsync(key), Is.True);
        Assert.That(await SolidCache.GetTimeToLiveAsync(key), Is.LessThan(0.31 * Minute));

        await PassAsync(key, 0.4 * Minute);
        Assert.That(await SolidCache.ExistsAsync(key), Is.False);
        Assert.That(await SolidCache.GetTimeToLiveAsync(key), Is.Null);
    }

    [Test]
    public async Task Reads_leave_the_expiration_alone_when_told_so()
    {
        await using var node = await StartNodeAsync(options => options.RefreshSlidingExpirationOnGet = false);
        var cache = CacheCalls.Of(Calling, node.Cache);
        var key = NewKey();
        await cache.SetAsync(key, [1], Sliding(Minute));
        await PassAsync(key, 0.6 * Minute);

        Assert.That(await cache.GetAsync(key), Is.Not.Null);
        Assert.That(await node.Cache.GetTimeToLiveAsync(key), Is.LessThan(0.51 * Minute));

        await cache.RefreshAsync(key);
        Assert.That(await node.Cache.GetTimeToLiveAsync(key), Is.EqualTo(Minute));
    }

    [Test]
    public async Task Refreshing_what_is_missing_expired_or_absolute_does_nothing()
    {
        var (missing, expired, absolute) = (NewKey(), NewKey(), NewKey());
        await Cache.SetAsync(expired, [1], Sliding(Minute));
        await PassAsync(expired, 2 * Minute);
        await Cache.SetAsync(absolute, [1], Absolute(Minute));
        await PassAsync(absolute, Minute / 2);

        await Cache.RefreshAsync(missing);
        await Cache.RefreshAsync(expired);
        await Cache.RefreshAsync(absolute);

        Assert.That(await Cache.GetAsync(missing), Is.Null);
        Assert.That(await Cache.GetAsync(expired), Is.Null);
        Assert.That(await SolidCache.GetTimeToLiveAsync(absolute), Is.LessThanOrEqualTo(Minute / 2));
    }

    [Test]
    public async Task An_expired_entry_is_a_miss_before_any_sweep()
    {
        var key = NewKey();
        await Cache.SetAsync(key, [1], Absolute(Minute));
        await PassAsync(key, Minute);

        Assert.That(await Cache.GetAsync(key), Is.Null);
        Assert.That(await SolidCache.ExistsAsync(key), Is.False);
        Assert.That(await Database.ScalarAsync<long>($"SELECT count(*) FROM solid_cache_entries WHERE key = '{key}'"), Is.EqualTo(1));
    }

    [Test]
    public async Task An_expired_entry_can_be_set_again()
    {
        var key = NewKey();
        await Cache.SetAsync(key, [1], Absolute(Minute));
        await PassAsync(key, Minute);

        await Cache.SetAsync(key, [2], Absolute(Minute));

        Assert.That(await Cache.GetAsync(key), Is.EqualTo(new byte[] { 2 }));
    }
}
