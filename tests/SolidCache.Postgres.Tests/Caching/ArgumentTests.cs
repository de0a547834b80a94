using System.Buffers;
using Microsoft.Extensions.Caching.Distributed;
using NUnit.Framework.Constraints;

namespace SolidCache.Postgres.Tests.Caching;

/// <summary>Arguments are checked before anything else happens.</summary>
public sealed class ArgumentTests
{
    private static readonly DistributedCacheEntryOptions Options = new();
    private static readonly CancellationToken Cancelled = new(canceled: true);
    private CacheUnderTest _test = new();

    private static IEnumerable<string> Synchronous => Verbs.Synchronous.Keys;

    private static IEnumerable<string> Asynchronous => Verbs.Asynchronous.Keys;

    private ISolidCache Cache => _test.Cache;

    [TearDown]
    public void The_store_was_not_called() => Assert.That(_test.Store.Calls, Is.Empty);

    [TestCaseSource(nameof(Synchronous))]
    public void A_null_key_is_refused(string verb) =>
        Assert.That(() => Verbs.Synchronous[verb](Cache, null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("key"));

    [TestCaseSource(nameof(Asynchronous))]
    public void A_null_key_is_refused_before_cancellation_is_looked_at(string verb) =>
        Assert.That(
            () => Verbs.Asynchronous[verb](Cache, null!, Cancelled),
            Throws.ArgumentNullException.With.Property("ParamName").AnyOf("key", "prefix", "pattern", "tag"));

    [TestCaseSource(nameof(Asynchronous))]
    public void What_is_refused_is_in_the_task_and_not_on_the_callers_stack(string verb) =>
        Assert.That(Verbs.Asynchronous[verb](Cache, null!, default).Exception?.InnerException, Is.InstanceOf<ArgumentNullException>());

    [Test]
    public void So_it_is_with_a_transaction_and_a_factory()
    {
        Task[] calls =
        [
            Cache.RemoveAsync((string)null!, transaction: null!), Cache.RemoveAsync(["k"], transaction: null!), Cache.RemoveByTagAsync("t", transaction: null!),
            Cache.RemoveByTagAsync(["t"], transaction: null!), Cache.SetAsync("k", [1], Options, transaction: null!),
            Cache.GetOrCreateAsync(null!, static _ => ValueTask.FromResult(1)).AsTask(), Cache.GetOrCreateAsync("k", (Func<CancellationToken, ValueTask<int>>)null!).AsTask(),
        ];

        Assert.That(calls.Select(static call => call.Exception?.InnerException), Is.All.InstanceOf<ArgumentNullException>());
    }

    [Test]
    public void A_null_value_is_refused()
    {
        Assert.That(() => Cache.Set("k", null!, Options), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("value"));
        Assert.That(() => Cache.SetAsync("k", null!, Options, Cancelled), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("value"));
    }

    [Test]
    public void Null_options_are_refused()
    {
        var sequence = new ReadOnlySequence<byte>([1]);

        Assert.That(() => Cache.Set("k", [1], null!), RefusedFor("options"));
        Assert.That(() => Cache.Set("k", sequence, null!), RefusedFor("options"));
        Assert.That(() => Cache.SetAsync("k", [1], null!, Cancelled), RefusedFor("options"));
        Assert.That(() => Cache.SetAsync("k", sequence, null!, Cancelled).AsTask(), RefusedFor("options"));
    }

    [Test]
    public void A_null_destination_is_refused()
    {
        Assert.That(() => Cache.TryGet("k", null!), RefusedFor("destination"));
        Assert.That(() => Cache.TryGetAsync("k", null!, Cancelled).AsTask(), RefusedFor("destination"));
    }

    [Test]
    public void A_pattern_that_is_none_is_refused() =>
        Assert.That(() => Cache.RemoveByPatternAsync(@"a\", Cancelled), Throws.ArgumentException.With.Property("ParamName").EqualTo("pattern"));

    [Test]
    public void An_absolute_expiration_in_the_past_is_refused()
    {
        var past = new DistributedCacheEntryOptions { AbsoluteExpiration = _test.Time.GetUtcNow() };

        Assert.That(() => Cache.Set("k", [1], past), Refused());
        Assert.That(() => Cache.SetAsync("k", [1], past, Cancelled), Refused());

        static IResolveConstraint Refused() =>
            Throws.TypeOf<ArgumentOutOfRangeException>().With.Message.StartsWith("The absolute expiration value must be in the future.");
    }

    [Test]
    public void A_value_above_the_limit_is_refused()
    {
        _test = new CacheUnderTest(options => options.MaxValueBytes = 3);

        Assert.That(() => Cache.Set("k", new byte[4], Options), Refused());
        Assert.That(() => Cache.Set("k", Segment.Sequence([1, 2], [3, 4]), Options), Refused());
        Assert.That(() => Cache.SetAsync("k", new byte[4], Options), Refused());
        Assert.That(() => Cache.SetAsync("k", Segment.Sequence([1, 2], [3, 4]), Options).AsTask(), Refused());

        static IResolveConstraint Refused() => Throws.ArgumentException
            .With.Message.StartsWith("The value has 4 bytes; MaxValueBytes allows 3.")
            .And.Property("ParamName").EqualTo("value");
    }

    private static EqualStringConstraint RefusedFor(string parameter) =>
        Throws.ArgumentNullException.With.Property("ParamName").EqualTo(parameter);
}
