using Microsoft.Extensions.Caching.Distributed;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Tests.Caching;

/// <summary>What the options make of a call.</summary>
public sealed class PolicyTests
{
    private static readonly DistributedCacheEntryOptions None = new();

    [TestCase("__MSFT_HCT__tag", true)]
    [TestCase("__MSFT_HCT__", true)]
    [TestCase("__msft_hct__tag", false)]
    [TestCase("x__MSFT_HCT__tag", false)]
    [TestCase("user:1", false)]
    public void By_default_only_the_tags_of_HybridCache_are_set_durably(string key, bool isDurable) =>
        Assert.That(Write(new(), key).Durable, Is.EqualTo(isDurable));

    [Test]
    public void A_key_is_durable_by_its_own_start_and_not_by_that_of_the_prefixed_key()
    {
        Assert.That(Write(new(options => options.KeyPrefix = "app"), "__MSFT_HCT__tag").Durable, Is.True);
        Assert.That(Write(new(Configure), "user:1").Durable, Is.False);

        static void Configure(PostgresSolidCacheOptions options)
        {
            options.KeyPrefix = "app";
            options.DurableKeyPrefixes.Add("app");
        }
    }

    [Test]
    public void Further_starts_of_keys_can_be_durable()
    {
        var test = new CacheUnderTest(options => options.DurableKeyPrefixes.Add("session:"));

        Assert.That(Write(test, "session:1").Durable, Is.True);
        Assert.That(Write(test, "user:1").Durable, Is.False);
    }

    [Test]
    public void With_full_durability_every_key_is_durable() =>
        Assert.That(Write(new(options => options.Durability = SolidCacheDurability.Full), "user:1").Durable, Is.True);

    [Test]
    public void Options_are_read_once()
    {
        PostgresSolidCacheOptions? kept = null;
        var test = new CacheUnderTest(options => kept = options);
        kept!.DurableKeyPrefixes.Add("user:");
        kept.DefaultSlidingExpiration = null;
        kept.MaxValueBytes = 1;

        Assert.That(Write(test, "user:1"), Has.Property("Durable").EqualTo(false).And.Property("Expiration").Not.EqualTo(new Expiration(null, null)));
    }

    [Test]
    public void An_entry_without_expiration_slides_for_20_minutes() =>
        Assert.That(Write(new(), "k").Expiration, Is.EqualTo(new Expiration(null, 20 * 60_000_000L)));

    [Test]
    public void Another_default_window_can_be_set() =>
        Assert.That(
            Write(new(options => options.DefaultSlidingExpiration = TimeSpan.FromSeconds(5)), "k").Expiration,
            Is.EqualTo(new Expiration(null, 5_000_000)));

    [Test]
    public void Without_a_default_window_an_entry_lives_for_ever() =>
        Assert.That(Write(new(options => options.DefaultSlidingExpiration = null), "k").Expiration, Is.EqualTo(new Expiration(null, null)));

    [TestCase(true)]
    [TestCase(false)]
    public void Whether_a_read_slides_is_an_option(bool slides)
    {
        var test = new CacheUnderTest(options => options.RefreshSlidingExpirationOnGet = slides);

        test.Cache.Get("k");

        Assert.That(test.Store.Calls.Single().Slide, Is.EqualTo(slides));
    }

    [Test]
    public async Task Entries_are_overdue_when_a_sweep_interval_has_passed()
    {
        var test = new CacheUnderTest(options => options.SweepInterval = TimeSpan.FromMinutes(7));

        var statistics = await test.Cache.GetStatisticsAsync();

        Assert.That(statistics, Is.SameAs(test.Store.Statistics));
        Assert.That(test.Store.Calls.Single().OverdueAfter, Is.EqualTo(TimeSpan.FromMinutes(7)));
    }

    private static StoreCall Write(CacheUnderTest test, string key)
    {
        test.Cache.Set(key, [1, 2], None);
        return test.Store.Calls[^1];
    }
}
