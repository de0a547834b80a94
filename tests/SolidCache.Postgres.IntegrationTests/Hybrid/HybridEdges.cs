using System.Buffers;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.DependencyInjection;
using SolidCache.Postgres.IntegrationTests.Infrastructure;
using static Microsoft.Extensions.Caching.Hybrid.HybridCacheEntryFlags;

namespace SolidCache.Postgres.IntegrationTests.Hybrid;

/// <summary>Our <see cref="HybridCache"/> where it is hard: keys that are hashed, prefixes, entries of other origin, memory that is full, contexts, and the end of the container.</summary>
public sealed class HybridEdges
{
    private static readonly HybridCacheEntryOptions MemoryOnly = new() { Flags = DisableDistributedCache | DisableLocalCacheWrite | DisableUnderlyingData };
    private TestDatabase _database = null!;
    private CacheHost _node = null!;
    private CacheHost _other = null!;

    private HybridCache Cache => Of(_node);

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _database = await TestDatabase.CreateAsync();
        _node = await StartNodeAsync();
        _other = await StartNodeAsync();
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await _node.DisposeAsync();
        await _other.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Test]
    public async Task A_hit_in_memory_allocates_nothing([Values(null, "shop")] string? prefix, [Values] bool tagged)
    {
        await using var node = await StartNodeAsync(options => options.KeyPrefix = prefix);
        var cache = Of(node);
        var key = $"allocations:{tagged}";
        string[]? tags = tagged ? ["one", "two"] : null;
        await cache.SetAsync(key, "value", tags: tags);
        for (var call = 0; call < 10_000; call++)
        {
            Hit(cache, key, tags);
        }

        // Once a minute the memory looks for what has expired.
        var least = Enumerable.Range(0, 5).Min(_ =>
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var call = 0; call < 10_000; call++)
            {
                Hit(cache, key, tags);
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        });
        Assert.That(least, Is.Zero);

        static void Hit(HybridCache cache, string key, string[]? tags)
        {
            var byString = cache.GetOrCreateAsync(key, 0, static (_, _) => ValueTask.FromResult("made"), tags: tags);
            var bySpan = cache.GetOrCreateAsync(key.AsSpan(), 0, static (_, _) => ValueTask.FromResult("made"), tags: tags);
            if (!byString.IsCompletedSuccessfully || !bySpan.IsCompletedSuccessfully || byString.Result != "value" || bySpan.Result != "value")
            {
                throw new AssertionException("It is not a hit.");
            }
        }
    }

    [Test]
    public async Task Keys_that_are_stored_as_hashes_do_not_meet()
    {
        var start = new string('€', 400);
        var longOne = start + "one";
        var longTwo = start + "two";
        await Cache.SetAsync(longOne, "one");
        await Cache.SetAsync(longTwo, "two");
        var stored = await _database.ScalarAsync<string>("SELECT key FROM solid_cache_entries WHERE key LIKE '€€%' AND value = 'one'");
        await Cache.SetAsync(stored, "looks like it");

        foreach (var node in (CacheHost[])[_node, _other, _node, _other])
        {
            var (one, two, look) = (await GetAsync(node, longOne), await GetAsync(node, longTwo), await GetAsync(node, stored));
            Assert.That((one, two, look), Is.EqualTo(("one", "two", "looks like it")));
        }

        await RememberedAsync(_other, longOne, "one");
        await Of(_other).RemoveAsync(longOne);
        await Eventually.TrueAsync(async () => await FromMemoryAsync(_node, longOne) is null, "the hashed key is forgotten");
        Assert.That((await GetAsync(_node, longTwo), await GetAsync(_node, stored)), Is.EqualTo(("two", "looks like it")));
        await Of(_other).RemoveAsync(stored);
        await Eventually.TrueAsync(async () => await FromMemoryAsync(_node, stored) is null, "the key that looks hashed is forgotten");
        Assert.That(await GetAsync(_node, longTwo), Is.EqualTo("two"));
    }

    [TestCase("nul\0byte")]
    [TestCase("surrogate")]
    [TestCase("a^b")]
    [TestCase("^")]
    [TestCase("shop^key")]
    public async Task Strange_keys_are_remembered_and_forgotten(string key)
    {
        key = key == "surrogate" ? "lone\uD800" : key;
        await using var prefixed = await StartNodeAsync(static options => options.KeyPrefix = "shop");
        await RememberedAsync(_node, key, "plain");
        await RememberedAsync(prefixed, key, "prefixed");
        await RememberedAsync(prefixed, "key", "prefixed key");

        await Of(_other).RemoveAsync(key);
        await Eventually.TrueAsync(async () => await FromMemoryAsync(_node, key) is null, "the key is forgotten");
        Assert.That((await FromMemoryAsync(prefixed, key), await FromMemoryAsync(prefixed, "key")), Is.EqualTo(("prefixed", "prefixed key")), "Another's key.");
        await using var other = await StartNodeAsync(static options => options.KeyPrefix = "shop");
        await Of(other).RemoveAsync(key);
        await Eventually.TrueAsync(async () => await FromMemoryAsync(prefixed, key) is null, "the prefixed key is forgotten");
    }

    [Test]
    public async Task Strange_tags_are_removed_on_every_node([Values("long", "nul\0byte", "surrogate", "a^b", "^", "\"quoted\\")] string what, [Values(null, "tags")] string? prefix)
    {
        // An attribute holds no lone surrogate.
        var tag = what switch
        {
            "long" => new string('t', 1100),
            "surrogate" => "lone\uD800",
            _ => what,
        };
        await using var one = await StartNodeAsync(options => options.KeyPrefix = prefix);
        await using var two = await StartNodeAsync(options => options.KeyPrefix = prefix);
        var key = $"tagged:{Guid.NewGuid():N}";
        foreach (var (remover, reader) in ((CacheHost, CacheHost)[])[(one, two), (two, one)])
        {
            await Of(one).SetAsync(key, "old", tags: [tag, "other"]);
            await Eventually.TrueAsync(async () => await GetAsync(two, key) == "old", "the other node has it");
            Assert.That((await GetAsync(one, key), await GetAsync(two, key)), Is.EqualTo(("old", "old")));

            await Of(remover).RemoveByTagAsync(tag);
            Assert.That(await FromMemoryAsync(remover, key), Is.Null, "At once on the node that removes.");
            await Eventually.TrueAsync(async () => await FromMemoryAsync(reader, key) is null, "the other node forgets");
        }
    }

    [Test]
    public async Task Any_expiration_of_a_time_span_can_be_given()
    {
        foreach (var (life, local) in ((TimeSpan, TimeSpan)[])[(TimeSpan.MaxValue, TimeSpan.MaxValue), (TimeSpan.FromTicks(1), TimeSpan.MaxValue), (TimeSpan.MaxValue, TimeSpan.FromTicks(1)), (TimeSpan.MaxValue, TimeSpan.MinValue)])
        {
            var key = $"life:{Guid.NewGuid():N}";
            var options = new HybridCacheEntryOptions { Expiration = life, LocalCacheExpiration = local };
            Assert.That(await Cache.GetOrCreateAsync(key, static _ => ValueTask.FromResult("made"), options), Is.EqualTo("made"));
            await Cache.SetAsync(key, "set", options);
            Assert.That(await Cache.GetOrCreateAsync(key, static _ => ValueTask.FromResult("made"), options), Is.EqualTo(life == TimeSpan.MaxValue ? "set" : "made"));
        }

        Assert.That(async () => await Cache.SetAsync("life", "set", new() { Expiration = TimeSpan.Zero }), Throws.InstanceOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("options"));
    }

    [Test]
    public async Task Two_caches_on_two_prefixes_of_one_table_keep_apart()
    {
        await using var node = await CacheHost.StartAsync(_database.ConnectionString, configureServices: services =>
        {
            foreach (var name in (string[])["one", "two"])
            {
                services.AddKeyedPostgresSolidHybridCache(name, options => (options.ConnectionString, options.KeyPrefix) = (_database.ConnectionString, name));
            }
        });
        var (one, two) = (node.Services.GetRequiredKeyedService<HybridCache>("one"), node.Services.GetRequiredKeyedService<HybridCache>("two"));
        foreach (var name in (string[])["one", "two"])
        {
            await node.Services.GetRequiredKeyedService<ISolidCacheInvalidations>(name).WaitUntilCurrentAsync();
            await node.Services.GetRequiredKeyedService<HybridCache>(name).SetAsync("key", name, tags: ["tag"]);
        }

        await one.RemoveByTagAsync("tag");
        Assert.That((await one.GetOrCreateAsync("key", Made), await two.GetOrCreateAsync("key", Made)), Is.EqualTo(("made", "two")));
        await one.RemoveByTagAsync("*");
        Assert.That((await one.GetOrCreateAsync("key", Made2), await two.GetOrCreateAsync("key", Made2)), Is.EqualTo(("again", "two")));

        static ValueTask<string> Made(CancellationToken token) => ValueTask.FromResult("made");
        static ValueTask<string> Made2(CancellationToken token) => ValueTask.FromResult("again");
    }

    [Test]
    public async Task A_value_whose_type_changed_is_made_anew_once_by_many()
    {
        await Cache.SetAsync("typed", "no number");
        var made = 0;
        var values = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Of(_other).GetOrCreateAsync("typed", async token =>
        {
            Interlocked.Increment(ref made);
            await Task.Delay(100, token);
            return 7;
        }).AsTask()));

        // Whoever has read the old value when the first had been replaced already makes another.
        Assert.That((made < 5, values.Distinct().Single()), Is.EqualTo((true, 7)), $"Made {made} times.");
        await Eventually.TrueAsync(async () => await Cache.GetOrCreateAsync("typed", static _ => ValueTask.FromResult(8)) == 7, "every node has the new value");
    }

    /// <summary>Of another version of the application, as while one follows another; or by a caller who does not want what is stored.</summary>
    [Test]
    public async Task What_was_read_before_a_removal_is_not_stored_after_it_where_a_value_is_replaced([Values] bool isReadable, [Values] bool byTag)
    {
        var key = $"replaced:{isReadable}:{byTag}";
        await (isReadable ? Cache.SetAsync(key, 0, tags: [key]) : Cache.SetAsync(key, "no number", tags: [key]));
        var (read, removed) = (new TaskCompletionSource(), new TaskCompletionSource());
        var making = Of(_other).GetOrCreateAsync(
            key,
            async _ =>
            {
                read.SetResult();
                await removed.Task;
                return 1;
            },
            isReadable ? new() { Flags = DisableLocalCacheRead | DisableDistributedCacheRead } : null,
            Once(key)).AsTask();
        await await Task.WhenAny(read.Task, making);
        await (byTag ? Cache.RemoveByTagAsync(key) : Cache.RemoveAsync(key));
        removed.SetResult();

        Assert.That(await making, Is.EqualTo(1), "He asked before it.");
        Assert.That(await _node.Cache.ExistsAsync(key), Is.False);
        Assert.That(await Of(_other).GetOrCreateAsync(key, static _ => ValueTask.FromResult(2)), Is.EqualTo(2));

        // A sequence that can be gone through once only.
        static IEnumerable<string> Once(string tag)
        {
            var left = new Queue<string>([tag]);
            return Enumerable.Range(0, 1).Where(_ => left.Count > 0).Select(_ => left.Dequeue());
        }
    }

    [Test]
    public async Task Null_of_an_immutable_type_is_remembered()
    {
        await Cache.GetOrCreateAsync<int?>("no number", static _ => ValueTask.FromResult<int?>(null));
        Assert.That(await Cache.GetOrCreateAsync<int?>("no number", static _ => ValueTask.FromResult<int?>(5), new() { Flags = DisableDistributedCache }), Is.Null);
    }

    [Test]
    public async Task Entries_with_a_sliding_expiration_end_as_if_nobody_read_them()
    {
        await _node.Cache.SetStringAsync("sliding", "value", new DistributedCacheEntryOptions { SlidingExpiration = TimeSpan.FromSeconds(1) });
        Assert.That(await GetAsync(_other, "sliding"), Is.EqualTo("value"));

        // HybridCache has no such expirations, and extends none: memory ends with the entry, and not later.
        await Eventually.TrueAsync(async () => await GetAsync(_other, "sliding") == "made", "the entry ends, however often it is read");
    }

    [Test]
    public async Task Memory_ends_in_time_to_have_a_value_refreshed_and_keeps_no_stale_one()
    {
        await using var node = await StartNodeAsync(static options => (options.Hybrid.Expiration, options.Hybrid.RefreshBefore, options.Hybrid.AllowStaleFor) = (TimeSpan.FromSeconds(2), 0.5, TimeSpan.FromMinutes(1)));
        var made = 0;
        var began = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(5))
        {
            var value = await Of(node).GetOrCreateAsync("refreshed", async token =>
            {
                await Task.Delay(made == 0 ? 0 : 300, token);
                return Interlocked.Increment(ref made);
            });
            Assert.That(made - value, Is.InRange(0, 1));
            await Task.Delay(20);
        }

        Assert.That(made, Is.InRange(3, 6));
        // Past its end it is served while it is made anew, and not remembered.
        await Task.Delay(2500);
        var stale = await Of(node).GetOrCreateAsync("refreshed", static async token =>
        {
            await Task.Delay(50, token);
            return 100;
        });
        Assert.That(stale, Is.LessThan(100));
        await Eventually.TrueAsync(async () => await Of(node).GetOrCreateAsync("refreshed", _ => ValueTask.FromResult(101)) == 100, "it was made anew");
    }

    [Test]
    public async Task Memory_stays_within_its_limit_and_keeps_what_is_used()
    {
        await using var node = await StartNodeAsync(static options => options.Hybrid.MaximumLocalCacheBytes = 8 * 1024 * 1024);
        var cache = Of(node);
        var local = new HybridCacheEntryOptions { Flags = DisableDistributedCache };
        var hot = Enumerable.Range(0, 100).Select(static number => $"hot:{number}").ToArray();
        var before = Live();
        var missed = 0;
        for (var number = 0; number < 100_000; number++)
        {
            await cache.GetOrCreateAsync($"cold:{number}", static _ => ValueTask.FromResult(new string('x', 500)), local);
            await cache.GetOrCreateAsync(hot[number % hot.Length], _ =>
            {
                missed++;
                return ValueTask.FromResult("hot");
            }, local);
        }

        var grown = Live() - before;
        await TestContext.Out.WriteLineAsync($"{grown / 1048576.0:F1} MB more, {missed} times a hot entry was missed");
        Assert.That(grown, Is.LessThan(40 * 1024 * 1024));
        Assert.That(missed, Is.LessThan(1000));
        var kept = 0;
        // When it is full, room is made beside the calls: of those that come meanwhile none is remembered.
        for (var number = 50_000; number < 100_000; number++)
        {
            kept += await FromMemoryAsync(node, $"cold:{number}") is null ? 0 : 1;
        }

        Assert.That(kept, Is.GreaterThan(100), "The newer ones are remembered too.");

        static long Live() => GC.GetTotalMemory(forceFullCollection: true);
    }

    [Test]
    public async Task A_context_that_runs_nothing_holds_up_nobody()
    {
        var blocking = Task.Factory.StartNew(
            () =>
            {
                SynchronizationContext.SetSynchronizationContext(new SilentContext());
                for (var number = 0; number < 50; number++)
                {
                    var key = $"context:{number}";
                    Cache.GetOrCreateAsync(key, static async token =>
                    {
                        await Task.Yield();
                        return "made";
                    }).AsTask().Wait();
                    Cache.SetAsync(key, "set").AsTask().Wait();
                    Cache.RemoveAsync([key, key + "b"]).AsTask().Wait();
                    Cache.RemoveByTagAsync("context").AsTask().Wait();
                }
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        await blocking.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Test]
    public async Task The_end_of_the_container_ends_every_call()
    {
        var node = await StartNodeAsync();
        var cache = Of(node);
        using var stopping = new CancellationTokenSource();
        var callers = Enumerable.Range(0, 20).Select(async caller =>
        {
            var random = new Random(caller);
            while (true)
            {
                try
                {
                    await cache.GetOrCreateAsync($"ending:{random.Next(200)}", async token =>
                    {
                        await Task.Delay(random.Next(10), token);
                        return "made";
                    }, new() { Expiration = TimeSpan.FromMilliseconds(200) });
                }
                catch (Exception error) when (error is ObjectDisposedException or OperationCanceledException)
                {
                    return error;
                }
            }
        }).ToArray();
        await Task.Delay(300);
        await node.DisposeAsync();

        var errors = await Task.WhenAll(callers).WaitAsync(TimeSpan.FromSeconds(20));
        Assert.That(errors, Is.All.InstanceOf<ObjectDisposedException>());
    }

    [Test]
    public async Task A_serializer_that_throws_breaks_nobody_elses_call()
    {
        await using var node = await StartNodeAsync(services: static services => services.AddSingleton<IHybridCacheSerializer<Fragile>>(new FragileSerializer()));
        var cache = Of(node);
        Assert.That(async () => await cache.SetAsync("fragile", new Fragile { BreaksWriting = true }), Throws.InstanceOf<InvalidTimeZoneException>());
        await cache.SetAsync("fragile", new Fragile());
        Assert.That(await cache.GetOrCreateAsync("fragile", static _ => ValueTask.FromResult(new Fragile { Name = "anew" })), Has.Property("Name").EqualTo("anew"), "It cannot be read, and is made anew.");
    }

    /// <summary>Memory leaves out what is read while something is told of it, or while it is not known what others change.</summary>
    private static Task RememberedAsync(CacheHost node, string key, string value) => Eventually.TrueAsync(
        async () => await GetAsync(node, key, value) == value && await FromMemoryAsync(node, key) == value, $"the value {value} is remembered");

    private static HybridCache Of(CacheHost node) => node.Services.GetRequiredService<HybridCache>();

    private static async Task<string> GetAsync(CacheHost node, string key, string made = "made") => await Of(node).GetOrCreateAsync(key, _ => ValueTask.FromResult(made));

    private static async Task<string?> FromMemoryAsync(CacheHost node, string key) => await Of(node).GetOrCreateAsync<string?>(key, static _ => ValueTask.FromResult<string?>("made"), MemoryOnly);

    private async Task<CacheHost> StartNodeAsync(Action<PostgresSolidCacheOptions>? configure = null, Action<IServiceCollection>? services = null)
    {
        var node = await CacheHost.StartAsync(_database.ConnectionString, configureServices: all =>
        {
            services?.Invoke(all);
            all.AddPostgresSolidHybridCache(configure);
        });
        await node.Services.GetRequiredService<ISolidCacheInvalidations>().WaitUntilCurrentAsync();
        return node;
    }

    private sealed class SilentContext : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state)
        {
            // Its thread waits.
        }
    }

    private sealed class Fragile
    {
        public bool BreaksWriting { get; init; }

        public string Name { get; init; } = "";
    }

    private sealed class FragileSerializer : IHybridCacheSerializer<Fragile>
    {
        public Fragile Deserialize(ReadOnlySequence<byte> source) => throw new InvalidTimeZoneException();

        public void Serialize(Fragile value, IBufferWriter<byte> target)
        {
            if (value.BreaksWriting)
            {
                throw new InvalidTimeZoneException();
            }

            target.Write("fragile"u8);
        }
    }
}
