using System.Buffers;
using Microsoft.Extensions.Caching.Distributed;

namespace SolidCache.Postgres.Tests.Caching;

/// <summary>An asynchronous call never throws on its caller's stack: whatever is wrong is its task's.</summary>
public sealed class AsynchronousFailureTests
{
    private static readonly CancellationToken Cancelled = new(canceled: true);
    private readonly CacheUnderTest _test = new();

    private static IEnumerable<string> Asynchronous => Verbs.Asynchronous.Keys;

    private static IEnumerable<string> OfTheTable => Verbs.OfTheTable.Keys;

    [TestCaseSource(nameof(Asynchronous))]
    public void A_wrong_argument_is_a_failed_task(string verb) =>
        Assert.That(Verbs.Asynchronous[verb](_test.Cache, null!, CancellationToken.None).Exception?.InnerException, Is.TypeOf<ArgumentNullException>());

    [TestCaseSource(nameof(Asynchronous))]
    public void A_cancelled_token_is_a_cancelled_task(string verb) =>
        Assert.That(Verbs.Asynchronous[verb](_test.Cache, "k", Cancelled).IsCanceled, Is.True);

    [TestCaseSource(nameof(OfTheTable))]
    public void A_cancelled_token_is_a_cancelled_task_of_the_table_too(string verb) =>
        Assert.That(Verbs.OfTheTable[verb](_test.Cache, Cancelled).IsCanceled, Is.True);

    [Test]
    public void Values_options_and_destinations_are_arguments_too()
    {
        var tooLarge = new byte[new PostgresSolidCacheOptions().MaxValueBytes + 1];
        Task[] calls =
        [
            _test.Cache.SetAsync("k", null!, new DistributedCacheEntryOptions()),
            _test.Cache.SetAsync("k", [1], null!),
            _test.Cache.SetAsync("k", new ReadOnlySequence<byte>([1]), null!).AsTask(),
            _test.Cache.SetAsync("k", tooLarge, new DistributedCacheEntryOptions()),
            _test.Cache.TryGetAsync("k", null!).AsTask(),
            _test.Cache.RemoveByPatternAsync(@"a\"),
        ];

        Assert.That(calls.Select(call => call.Exception?.InnerException), Is.All.InstanceOf<ArgumentException>());
    }
}
