using Microsoft.Extensions.Caching.Distributed;

namespace SolidCache.Postgres.Tests.Caching;

/// <summary>Keys on their way through the cache.</summary>
public sealed class KeyTests
{
    private static readonly DistributedCacheEntryOptions Options = new() { SlidingExpiration = TimeSpan.FromSeconds(30) };

    private static IEnumerable<string> Synchronous => Verbs.Synchronous.Keys;

    private static IEnumerable<string> OfKeys => Verbs.Asynchronous.Keys.Where(verb => !verb.StartsWith("RemoveBy", StringComparison.Ordinal));

    [TestCaseSource(nameof(Synchronous))]
    public void Every_synchronous_call_maps_its_key(string verb)
    {
        var test = new CacheUnderTest(options => options.KeyPrefix = "app");

        Verbs.Synchronous[verb](test.Cache, "k");

        Assert.That(test.Store.Calls.Single().Key, Is.EqualTo("app^k"));
    }

    [TestCaseSource(nameof(OfKeys))]
    public async Task Every_asynchronous_call_maps_its_key(string verb)
    {
        var test = new CacheUnderTest(options => options.KeyPrefix = "app");

        await Verbs.Asynchronous[verb](test.Cache, "k", CancellationToken.None);

        Assert.That(test.Store.Calls.Single().Key, Is.EqualTo("app^k"));
    }

    [Test]
    public async Task Existence_and_time_to_live_are_those_of_the_entry()
    {
        var cache = new CacheUnderTest().Cache;
        await cache.SetAsync("sliding", [1], Options);
        await cache.SetAsync("for ever", [1], new() { AbsoluteExpirationRelativeToNow = TimeSpan.MaxValue });

        Assert.That(await cache.ExistsAsync("sliding"), Is.True);
        Assert.That(await cache.ExistsAsync("for ever"), Is.True);
        Assert.That(await cache.ExistsAsync("missing"), Is.False);
        Assert.That(await cache.GetTimeToLiveAsync("sliding"), Is.EqualTo(TimeSpan.FromSeconds(30)));
        Assert.That(await cache.GetTimeToLiveAsync("for ever"), Is.EqualTo(TimeSpan.MaxValue));
        Assert.That(await cache.GetTimeToLiveAsync("missing"), Is.Null);
    }

    [TestCase("user:1", 2)]
    [TestCase("user:", 3)]
    [TestCase("", 4)]
    [TestCase("nobody", 0)]
    public async Task Removal_by_prefix_counts_what_it_removed(string prefix, int count)
    {
        var cache = await FilledAsync();

        Assert.That(await cache.RemoveByPrefixAsync(prefix), Is.EqualTo(count));
    }

    [TestCase("user:%:name", 2)]
    [TestCase("user:_:%", 3)]
    [TestCase("%", 4)]
    [TestCase("user:", 0)]
    public async Task Removal_by_pattern_counts_what_it_removed(string pattern, int count)
    {
        var cache = await FilledAsync();

        Assert.That(await cache.RemoveByPatternAsync(pattern), Is.EqualTo(count));
    }

    private static async Task<ISolidCache> FilledAsync()
    {
        var cache = new CacheUnderTest().Cache;
        foreach (var key in (string[])["user:1:name", "user:1:mail", "user:2:name", "^odd"])
        {
            await cache.SetAsync(key, [1], Options);
        }

        return cache;
    }
}
