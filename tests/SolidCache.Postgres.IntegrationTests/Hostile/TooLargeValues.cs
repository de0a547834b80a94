using System.Buffers;
using Microsoft.Extensions.Caching.Distributed;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Hostile;

/// <summary>A value above the limit costs its caller an exception, and nobody else anything.</summary>
[TestFixture(true)]
[TestFixture(false)]
[Category(OneServer.Category)]
public sealed class TooLargeValues(bool coalescing)
{
    private const int Limit = 1_000;
    private static readonly DistributedCacheEntryOptions Forever = new() { AbsoluteExpiration = DateTimeOffset.MaxValue };
    private TestDatabase _database = null!;
    private CacheHost _host = null!;
    private CacheHost _small = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _database = await TestDatabase.CreateAsync();
        _host = await CacheHost.StartAsync(_database.ConnectionString, options => options.Coalescing = coalescing);
        _small = await CacheHost.StartAsync(_database.ConnectionString, options => (options.Coalescing, options.MaxValueBytes) = (coalescing, Limit));
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await _small.DisposeAsync();
        await _host.DisposeAsync();
        await _database.DisposeAsync();
    }

    [TearDown]
    public async Task NothingIsStoredAsync() => Assert.That(await _database.ScalarAsync<long>("SELECT count(*) FROM solid_cache_entries"), Is.Zero);

    [Test]
    public void A_sequence_of_a_gigabyte_is_refused_before_a_byte_of_it_is_copied()
    {
        var value = RepeatedSegment.Sequence(new byte[65_536], 16_384);
        Assert.That(() => _host.Cache.Set("key", value, Forever), Throws.ArgumentException);
        foreach (var set in (Action[])[() => _host.Cache.Set("key", value, Forever), () => _host.Cache.SetAsync("key", value, Forever).AsTask().GetAwaiter().GetResult()])
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var error = Assert.Catch<ArgumentException>(() => set())!;
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

            Assert.That(error.Message, Does.StartWith("The value has 1073741824 bytes; MaxValueBytes allows 67108864."));
            Assert.That(error.ParamName, Is.EqualTo("value"));
            Assert.That(allocated, Is.LessThan(100_000), "An exception and NUnit's delegates, not the value.");
        }
    }

    [Test]
    public async Task A_byte_too_many_is_too_many()
    {
        await Assert.ThatAsync(() => _small.Cache.SetAsync("key", new byte[Limit + 1], Forever), Throws.ArgumentException.With.Message.Contains("1001 bytes"));
        await Assert.ThatAsync(
            () => _small.Cache.SetAsync("key", Segmented.Of(new byte[Limit + 1], 7), Forever).AsTask(), Throws.ArgumentException.With.Message.Contains("1001 bytes"));
        await _small.Cache.SetAsync("key", new byte[Limit], Forever);
        Assert.That(await _small.Cache.GetAsync("key"), Has.Length.EqualTo(Limit));
        await _small.Cache.RemoveAsync("key");
    }

    [Test]
    public async Task It_takes_no_part_in_a_batch_that_others_are_in()
    {
        var sets = Enumerable.Range(0, 50).Select(number => SetAsync($"key:{number}", new byte[number % 5 == 0 ? Limit + 1 : Limit])).ToArray();

        Assert.That(await Task.WhenAll(sets), Is.EqualTo(Enumerable.Range(0, 50).Select(number => number % 5 != 0)));
        Assert.That(await _small.Cache.RemoveByPrefixAsync("key:"), Is.EqualTo(40));

        async Task<bool> SetAsync(string key, byte[] value)
        {
            try
            {
                await _small.Cache.SetAsync(key, value, Forever);
                return true;
            }
            catch (ArgumentException)
            {
                return false;
            }
        }
    }

    /// <summary>On a node whose values may have a thousand bytes, the most tags of the longest kind, which take ten thousand times that, are stored and told.</summary>
    [Test]
    public async Task An_entry_has_ten_thousand_tags_and_no_more()
    {
        string[] tags = [.. Enumerable.Range(0, 10_000).Select(static number => $"{number}".PadLeft(1_020, '-'))];
        SolidCacheEntryOptions most = new() { Tags = tags, RefreshBefore = 0.1, AbsoluteExpirationRelativeToNow = TimeSpan.FromHours(1) };
        SolidCacheEntryOptions more = new() { Tags = [.. tags, "more"] };
        Func<Task>[] calls =
        [
            () => _small.Cache.SetAsync("key", [1], more),
            () => _small.Cache.SetAsync("key", Segmented.Of(new byte[1], 1), more).AsTask(),
            () => _small.Cache.GetOrCreateAsync("key", static _ => ValueTask.FromResult<byte[]>([1]), more).AsTask(),
        ];
        foreach (var call in calls)
        {
            await Assert.ThatAsync(() => call(), Throws.ArgumentException.With.Message.StartsWith("The entry has 10001 tags; it may have 10000."));
        }

        await _small.Cache.SetAsync("key", [1], most);
        Assert.That(await _small.Cache.GetOrCreateAsync("key", static _ => ValueTask.FromResult<byte[]>([2]), most), Is.EqualTo((byte[])[1]));
        await _small.Cache.RemoveByTagAsync(tags[^1]);
        Assert.That(await _small.Cache.GetAsync("key"), Is.Null);
    }

    private sealed class RepeatedSegment : ReadOnlySequenceSegment<byte>
    {
        private RepeatedSegment(byte[] bytes, long runningIndex) => (Memory, RunningIndex) = (bytes, runningIndex);

        public static ReadOnlySequence<byte> Sequence(byte[] bytes, int times)
        {
            var first = new RepeatedSegment(bytes, 0);
            var last = first;
            for (var number = 1; number < times; number++)
            {
                var next = new RepeatedSegment(bytes, (long)number * bytes.Length);
                (last.Next, last) = (next, next);
            }

            return new ReadOnlySequence<byte>(first, 0, last, bytes.Length);
        }
    }
}
