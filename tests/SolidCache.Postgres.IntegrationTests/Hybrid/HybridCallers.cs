using Microsoft.Extensions.Caching.Hybrid;
using SolidCache.Postgres.IntegrationTests.Infrastructure;
using static Microsoft.Extensions.Caching.Hybrid.HybridCacheEntryFlags;

namespace SolidCache.Postgres.IntegrationTests.Hybrid;

/// <summary>Many callers of one process who miss the same entry.</summary>
public sealed class HybridCallers(WhoseHybridCache whose) : HybridFixture(whose)
{
    private const int Callers = 100;

    [Test]
    public async Task They_share_one_factory([Values(None, DisableDistributedCache, DisableDistributedCacheRead, DisableDistributedCacheWrite, DisableLocalCache, DisableLocalCache | DisableDistributedCache)] HybridCacheEntryFlags flags)
    {
        var (values, made) = await CallTogetherAsync(NewKey(), static count => $"{count}", With(flags));

        Assert.That((made, values.Distinct().Single()), Is.EqualTo((1, "1")));
    }

    [Test]
    public async Task They_share_one_factory_for_what_cannot_be_stored()
    {
        var (_, tooLarge) = await CallTogetherAsync(NewKey(), static _ => new string('x', 1024 * 1024 + 1));
        var (_, nulls) = await CallTogetherAsync(NewKey(), static _ => (string?)null);

        // Microsoft's fails for a null string after the factory.
        Assert.That((tooLarge, nulls), Is.EqualTo((1, 1)));
    }

    [Test]
    public async Task Each_gets_an_object_of_his_own_of_what_can_be_changed()
    {
        var (values, made) = await CallTogetherAsync(NewKey(), static _ => (List<int>)[1]);

        Assert.That((made, values.Distinct(ReferenceEqualityComparer.Instance).Count()), Is.EqualTo((1, Callers)));
    }

    [Test]
    public async Task What_the_factory_throws_reaches_all_and_is_not_cached()
    {
        var key = NewKey();
        var (calls, going) = (0, new TaskCompletionSource());
        var all = Enumerable.Range(0, Callers).Select(_ => Cache.GetOrCreateAsync<string>(key, async _ =>
        {
            Interlocked.Increment(ref calls);
            await going.Task;
            throw new InvalidCastException("made");
        }).AsTask()).ToArray();
        await Eventually.TrueAsync(() => Volatile.Read(ref calls) > 0, "the factory runs");
        // All have looked by then.
        await Task.Delay(500);
        going.SetResult();

        foreach (var call in all)
        {
            Assert.That(async () => await call, Throws.InstanceOf<InvalidCastException>());
        }

        Assert.That(calls, Is.EqualTo(1));
        Assert.That(await Cache.GetOrCreateAsync(key, static _ => ValueTask.FromResult("good")), Is.EqualTo("good"));
    }

    [Test]
    public async Task Who_cancels_ends_only_his_own_wait()
    {
        var key = NewKey();
        using var cancelling = new CancellationTokenSource();
        var (going, runs) = (new TaskCompletionSource(), new TaskCompletionSource<CancellationToken>());
        var first = Cache.GetOrCreateAsync(key, Factory, cancellationToken: cancelling.Token).AsTask();
        var token = await runs.Task;
        using var never = new CancellationTokenSource();
        var second = Cache.GetOrCreateAsync(key, Factory, cancellationToken: never.Token).AsTask();
        await Task.Delay(100);

        await cancelling.CancelAsync();
        Assert.That(async () => await first, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(token.IsCancellationRequested, Is.False);
        going.SetResult();
        Assert.That(await second, Is.EqualTo("made"));

        async ValueTask<string> Factory(CancellationToken token)
        {
            runs.TrySetResult(token);
            await going.Task.WaitAsync(token);
            return "made";
        }
    }

    [Test]
    public async Task The_factory_is_cancelled_when_all_have_gone()
    {
        var key = NewKey();
        using var cancelling = new CancellationTokenSource();
        var (ended, runs) = (new TaskCompletionSource(), new TaskCompletionSource());
        var calls = Enumerable.Range(0, 5).Select(_ => Cache.GetOrCreateAsync(key, Factory, cancellationToken: cancelling.Token).AsTask()).ToArray();
        await runs.Task;
        await cancelling.CancelAsync();
        foreach (var call in calls)
        {
            Assert.That(async () => await call, Throws.InstanceOf<OperationCanceledException>());
        }

        await ended.Task.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.That(await Cache.GetOrCreateAsync(key, static _ => ValueTask.FromResult("next")), Is.EqualTo("next"));

        async ValueTask<string> Factory(CancellationToken token)
        {
            token.Register(ended.SetResult);
            runs.TrySetResult();
            await Task.Delay(Timeout.Infinite, token);
            return "never";
        }
    }

    [Test]
    public void A_factory_that_asks_for_its_own_key_waits_for_itself_until_it_is_cancelled()
    {
        var key = NewKey();
        using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(500));
        Assert.That(
            async () => await Cache.GetOrCreateAsync(
                key, async token => await Cache.GetOrCreateAsync(key, static _ => ValueTask.FromResult("inner"), cancellationToken: token), cancellationToken: patience.Token),
            Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public void A_token_that_is_cancelled_already_runs_nothing()
    {
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.That(
            async () => await Cache.GetOrCreateAsync<string>(NewKey(), static _ => throw new AssertionException("It ran."), cancellationToken: cancelled.Token),
            Throws.InstanceOf<OperationCanceledException>());
    }

    private async Task<(T[] Values, int Made)> CallTogetherAsync<T>(string key, Func<int, T> make, HybridCacheEntryOptions? options = null)
    {
        var (made, going) = (0, new TaskCompletionSource());
        var calls = Enumerable.Range(0, Callers / 2).Select(_ => CallAsync()).ToList();
        await Eventually.TrueAsync(() => Volatile.Read(ref made) > 0, "the factory runs");
        // Also who comes while it runs.
        calls.AddRange(Enumerable.Range(0, Callers / 2).Select(_ => CallAsync()));
        await Task.Delay(500);
        going.SetResult();
        return (await Task.WhenAll(calls), made);

        Task<T> CallAsync() => Cache.GetOrCreateAsync(
            key,
            async _ =>
            {
                var count = Interlocked.Increment(ref made);
                await going.Task;
                return make(count);
            },
            options).AsTask();
    }
}
