using System.Text;
using System.Text.RegularExpressions;
using SolidCache.Postgres.FaultTests.Calls;
using SolidCache.Postgres.FaultTests.Servers;

namespace SolidCache.Postgres.FaultTests.Promises;

/// <summary>
/// Who is refused gets one short message, and nothing of the request that met the outage: under load there are thousands a second, each in the log.
/// </summary>
public sealed partial class Refusals : OneServer
{
    private const int MaxBytes = 1_500;

    [Test]
    public async Task A_refusal_is_short_and_tells_of_nobody_else([Values] bool coalescing)
    {
        await using var network = new TcpProxy(Server.Port);
        await using var node = await StartNodeAsync(options => options.Coalescing = coalescing, Cluster.ConnectionStringOn(network.Port));
        await node.Cache.SetAsync("key", [1], Forever);
        network.Traffic = Traffic.Refused;
        await FirstRequestsAsync(node.Cache);

        using (Assert.EnterMultipleScope())
        {
            foreach (var verb in Verb.OfAKey.Append(Verb.Named(nameof(ISolidCache.RemoveByPrefixAsync))))
            {
                Exception? earlier = null;
                for (var call = 0; call < 200; call++)
                {
                    var error = (await verb.EndAsync(node.Cache, "key")).Error;
                    // Now and then one call is let through to try.
                    if (error is SolidCacheException { IsTransient: true })
                    {
                        Assert.That(error, Is.Not.SameAs(earlier), "An exception that is thrown twice has the stacks of two.");
                        earlier = error;
                    }
                }

                AssertShort(earlier, verb.Name);
            }
        }
    }

    [Test]
    public async Task Who_waited_when_the_breaker_opened_is_told_as_shortly([Values] bool coalescing)
    {
        await using var network = new TcpProxy(Server.Port);
        await using var node = await StartNodeAsync(options => options.Coalescing = coalescing, Cluster.ConnectionStringOn(network.Port));
        await node.Cache.SetAsync("key", [1], Forever);
        network.Traffic = Traffic.Held;
        var ends = await Ended.OfAllAsync(Enumerable.Range(0, 500).SelectMany(number => (Func<Task>[])
        [
            () => FirstRequestAsync(node.Cache.GetAsync($"key:{number}")),
            () => FirstRequestAsync(node.Cache.RemoveAsync($"key:{number}")),
            () => FirstRequestAsync(node.Cache.SetAsync($"key:{number}", [1], Forever)),
        ]));
        network.Traffic = Traffic.Normal;

        var errors = ends.Select(end => end.Error).OfType<Exception>().ToList();
        foreach (var kind in errors.GroupBy(error => error.GetType().Name))
        {
            await TestContext.Out.WriteLineAsync($"{kind.Count()} {kind.Key} of {kind.Average(BytesOf):0} bytes, {kind.Max(BytesOf)} at most");
        }

        using (Assert.EnterMultipleScope())
        {
            Assert.That(errors, Has.Count.EqualTo(ends.Length));
            Assert.That(errors.Distinct(ReferenceEqualityComparer.Instance).Count(), Is.EqualTo(errors.Count), "Nobody throws the exception of another.");
            foreach (var refusal in errors.OfType<SolidCacheException>().Where(error => error.IsTransient).Take(3))
            {
                Assert.That(BytesOf(refusal), Is.LessThan(MaxBytes), refusal.ToString);
                Assert.That(refusal.InnerException?.StackTrace, Is.Null.Or.Empty);
            }
        }
    }

    [Test]
    public async Task A_full_queue_refuses_as_shortly([Values] bool coalescing)
    {
        await using var node = await StartNodeAsync(options => (options.Coalescing, options.MaxQueuedCalls) = (coalescing, 100));
        await node.Cache.SetAsync("key", [1], Forever);
        await using var other = await OtherTransaction.StartAsync(Server, "LOCK TABLE solid_cache_entries");
        var ends = await Ended.OfAllAsync(Enumerable.Range(0, 2_000).Select(number => (Func<Task>)(() => node.Cache.SetAsync($"key:{number}", [1], Forever))));

        var refusals = ends.Select(end => end.Error).OfType<SolidCacheException>().ToList();
        Assert.That(refusals, Is.Not.Empty);
        AssertShort(refusals[^1], "of a full queue");
    }

    [Test]
    public async Task What_a_degrading_cache_tells_the_application_is_as_short()
    {
        await using var network = new TcpProxy(Server.Port);
        Exception? last = null;
        await using var node = await StartNodeAsync(
            options =>
            {
                options.FailureMode = SolidCacheFailureMode.Degrade;
                options.OnDegraded = degradation => last = degradation.Error;
            },
            Cluster.ConnectionStringOn(network.Port));
        await node.Cache.SetAsync("key", [1], Forever);
        network.Traffic = Traffic.Refused;
        await FirstRequestsAsync(node.Cache);

        await node.Cache.GetAsync("key");
        Assert.That(last, Is.Not.Null);
        Assert.That(last.ToString(), Does.Not.Contain(nameof(FirstRequestAsync)));
        Assert.That(BytesOf(last), Is.LessThan(MaxBytes), last.ToString);
    }

    private static void AssertShort(Exception? refusal, string what)
    {
        Assert.That(refusal, Is.TypeOf<SolidCacheException>().With.Property(nameof(SolidCacheException.IsTransient)).True, what);
        var text = refusal!.ToString();
        Assert.That(BytesOf(refusal), Is.LessThan(MaxBytes), () => $"{what}: {text}");
        Assert.That(text, Does.Not.Contain(nameof(FirstRequestAsync)), $"{what}: the frames of another request");
        Assert.That(refusal.InnerException?.StackTrace, Is.Null.Or.Empty, $"{what}: a stack that is not its own");
    }

    /// <summary>As a package has it, which does not know in which folder it was built.</summary>
    private static int BytesOf(Exception error) => Encoding.UTF8.GetByteCount(SourceFile().Replace(error.ToString(), ""));

    [GeneratedRegex(@" in \S+:line \d+")]
    private static partial Regex SourceFile();

    /// <summary>Until both breakers are open.</summary>
    private static async Task FirstRequestsAsync(ISolidCache cache)
    {
        for (var request = 0; request < 10; request++)
        {
            await FirstRequestAsync(cache.GetAsync("key"));
            await FirstRequestAsync(cache.RemoveAsync("key"));
        }

        static async Task FirstRequestAsync(Task call) => await Ended.OfAsync(() => Refusals.FirstRequestAsync(call));
    }

    /// <summary>Its name is looked for in the errors of others.</summary>
    private static async Task FirstRequestAsync(Task call) => await call;
}
