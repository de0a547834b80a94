using System.Buffers;
using Microsoft.Extensions.Caching.Distributed;

namespace SolidCache.Postgres.IntegrationTests.Contracts;

public sealed class ArgumentContract(Calling calling) : CacheContract(calling)
{
    [Test]
    public async Task A_null_key_is_refused_by_every_method()
    {
        string key = null!;
        await Assert.MultipleAsync(async () =>
        {
            await Assert.ThatAsync(() => Cache.GetAsync(key), Throws.ArgumentNullException);
            await Assert.ThatAsync(() => Cache.TryGetAsync(key, new ArrayBufferWriter<byte>()), Throws.ArgumentNullException);
            await Assert.ThatAsync(() => Cache.SetAsync(key, [1], Forever), Throws.ArgumentNullException);
            await Assert.ThatAsync(() => Cache.SetAsync(key, ReadOnlySequence<byte>.Empty, Forever), Throws.ArgumentNullException);
            await Assert.ThatAsync(() => Cache.RefreshAsync(key), Throws.ArgumentNullException);
            await Assert.ThatAsync(() => Cache.RemoveAsync(key), Throws.ArgumentNullException);
            await Assert.ThatAsync(() => SolidCache.ExistsAsync(key), Throws.ArgumentNullException);
            await Assert.ThatAsync(() => SolidCache.GetTimeToLiveAsync(key), Throws.ArgumentNullException);
            await Assert.ThatAsync(() => SolidCache.RemoveByPrefixAsync(key), Throws.ArgumentNullException);
            await Assert.ThatAsync(() => SolidCache.RemoveByPatternAsync(key), Throws.ArgumentNullException);
        });
    }

    [Test]
    public async Task A_null_value_options_or_writer_is_refused() =>
        await Assert.MultipleAsync(async () =>
        {
            await Assert.ThatAsync(() => Cache.SetAsync("key", null!, Forever), Throws.ArgumentNullException);
            await Assert.ThatAsync(() => Cache.SetAsync("key", [1], null!), Throws.ArgumentNullException);
            await Assert.ThatAsync(() => Cache.SetAsync("key", ReadOnlySequence<byte>.Empty, null!), Throws.ArgumentNullException);
            await Assert.ThatAsync(() => Cache.TryGetAsync("key", null!), Throws.ArgumentNullException);
        });

    [Test]
    public async Task A_null_key_is_refused_before_cancellation_is_looked_at()
    {
        var cancelled = new CancellationToken(canceled: true);
        await Assert.MultipleAsync(async () =>
        {
            await Assert.ThatAsync(() => SolidCache.GetAsync(null!, cancelled), Throws.ArgumentNullException);
            await Assert.ThatAsync(() => SolidCache.SetAsync(null!, [1], Forever, cancelled), Throws.ArgumentNullException);
            await Assert.ThatAsync(() => SolidCache.RemoveAsync(null!, cancelled), Throws.ArgumentNullException);
            await Assert.ThatAsync(() => SolidCache.RefreshAsync(null!, cancelled), Throws.ArgumentNullException);
        });
    }

    [Test]
    public async Task An_absolute_expiration_in_the_past_is_refused()
    {
        var past = new DistributedCacheEntryOptions { AbsoluteExpiration = DateTimeOffset.UtcNow.AddMinutes(-1) };
        var key = NewKey();

        await Assert.ThatAsync(
            () => Cache.SetAsync(key, [1], past),
            Throws.TypeOf<ArgumentOutOfRangeException>().With.Message.StartsWith("The absolute expiration value must be in the future."));

        Assert.That(await Cache.GetAsync(key), Is.Null);
    }
}
