using Microsoft.Extensions.Caching.Distributed;

namespace SolidCache.Postgres.Tests.Json;

/// <summary>What the JSON extensions hand on to the cache.</summary>
public sealed class JsonOptionsTests
{
    private readonly BufferedCache _cache = new();

    [Test]
    public async Task The_expiration_is_handed_on()
    {
        var options = new DistributedCacheEntryOptions { SlidingExpiration = TimeSpan.FromMinutes(1) };

        await _cache.SetJsonAsync("k", 1, options);

        Assert.That(_cache.LastOptions, Is.SameAs(options));
    }

    [Test]
    public async Task Without_an_expiration_the_default_is_left_to_the_cache()
    {
        await _cache.SetJsonAsync("k", 1);

        var options = _cache.LastOptions!;
        Assert.That(
            (options.AbsoluteExpiration, options.AbsoluteExpirationRelativeToNow, options.SlidingExpiration),
            Is.EqualTo((default(DateTimeOffset?), default(TimeSpan?), default(TimeSpan?))));
    }

    [Test]
    public async Task The_token_is_handed_on()
    {
        using var source = new CancellationTokenSource();

        await _cache.SetJsonAsync("k", 1, token: source.Token);
        Assert.That(_cache.LastToken, Is.EqualTo(source.Token));

        await _cache.SetJsonAsync("k", 1, token: CancellationToken.None);
        await _cache.TryGetJsonAsync<int>("k", token: source.Token);
        Assert.That(_cache.LastToken, Is.EqualTo(source.Token));
    }
}
