using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Invalidation;

/// <summary>Messages between nodes, through the log of changes.</summary>
public sealed class MessagesBetweenNodes
{
    private TestDatabase _database = null!;
    private CacheHost _node = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _database = await TestDatabase.CreateAsync();
        _node = await StartAsync(prefix: null);
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await _node.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Test]
    public async Task Those_of_a_thousand_callers_go_together()
    {
        var heard = new ConcurrentQueue<byte[]>();
        using var subscription = Of(_node).SubscribeMessages("crowd", heard.Enqueue);
        await Task.WhenAll(Enumerable.Range(0, 1_000).Select(number => Of(_node).PublishAsync("crowd", BitConverter.GetBytes(number))));

        await Eventually.TrueAsync(() => heard.Count >= 1_000, "all are heard");
        Assert.That(heard.Select(message => BitConverter.ToInt32(message)), Is.EquivalentTo(Enumerable.Range(0, 1_000)));
        Assert.That(await _database.ScalarAsync<long>("SELECT count(DISTINCT transaction) FROM solid_cache_invalidations WHERE channel = 'crowd'"), Is.LessThan(100));
    }

    [Test]
    public async Task What_is_too_long_for_one_statement_goes_in_several()
    {
        var (heard, length) = (0, 400_000);
        using var subscription = Of(_node).SubscribeMessages("long", message => heard += message.Length);
        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Of(_node).PublishAsync("long", new byte[length])));
        await Eventually.TrueAsync(() => heard == 10 * length, "all are heard");
    }

    [TestCase("")]
    [TestCase("a^b")]
    [TestCase("'; DROP TABLE users; --")]
    [TestCase("a\0b")]
    [TestCase("half a pair: \ud800")]
    public async Task Any_string_is_a_channel_and_nobody_hears_another(string channel)
    {
        var (heard, other) = (0, 0);
        using var subscription = Of(_node).SubscribeMessages(channel, _ => heard++);
        using var another = Of(_node).SubscribeMessages(channel + "?", _ => other++);
        Of(_node).Publish(channel, new byte[] { 1 });
        await Of(_node).PublishAsync(channel, new byte[] { 2 });
        await Eventually.TrueAsync(() => heard == 2, "both are heard");
        Assert.That(other, Is.Zero);
    }

    [Test]
    public async Task Caches_with_different_prefixes_do_not_hear_each_other_on_one_channel()
    {
        await using var one = await StartAsync("one");
        await using var two = await StartAsync("two");
        var (heard, ended) = (new ConcurrentQueue<byte[]>(), false);
        using var subscription = Of(two).SubscribeMessages("channel", heard.Enqueue);
        using var end = Of(two).SubscribeMessages("end", _ => ended = true);
        await Of(one).PublishAsync("channel", new byte[] { 1 });
        await Of(_node).PublishAsync("channel", new byte[] { 0 });
        await Of(two).PublishAsync("channel", new byte[] { 2 });
        // What was published before it has arrived before it.
        await Of(two).PublishAsync("end", default);
        await Eventually.TrueAsync(() => Volatile.Read(ref ended), "the end is heard");
        Assert.That(heard, Is.EqualTo((byte[][])[[2]]));
    }

    [Test]
    public async Task Who_is_cancelled_before_publishes_nothing([Values] bool async)
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThatAsync(() => PublishAsync(), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(await _database.ScalarAsync<long>("SELECT count(*) FROM solid_cache_invalidations WHERE channel = 'never'"), Is.Zero);

        async Task PublishAsync()
        {
            if (async)
            {
                await Of(_node).PublishAsync("never", default, cancelled.Token);
            }
            else
            {
                Of(_node).Publish("never", default, cancelled.Token);
            }
        }
    }

    private static ISolidCacheInvalidations Of(CacheHost node) => node.Services.GetRequiredService<ISolidCacheInvalidations>();

    private async Task<CacheHost> StartAsync(string? prefix)
    {
        var node = await CacheHost.StartAsync(_database.ConnectionString, options => (options.Invalidation.Enabled, options.KeyPrefix) = (true, prefix));
        await Of(node).WaitUntilCurrentAsync();
        return node;
    }
}
