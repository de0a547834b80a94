namespace SolidCache.Postgres.Tests.Caching;

/// <summary>A token that is cancelled already, and one that is handed on.</summary>
public sealed class CancellationTests
{
    private static readonly CancellationToken Cancelled = new(canceled: true);
    private readonly CacheUnderTest _test = new();

    private static IEnumerable<string> Asynchronous => Verbs.Asynchronous.Keys;

    private static IEnumerable<string> OfTheTable => Verbs.OfTheTable.Keys;

    [TestCaseSource(nameof(Asynchronous))]
    public void A_cancelled_token_ends_a_call_before_the_store_is_asked(string verb)
    {
        Assert.That(() => Verbs.Asynchronous[verb](_test.Cache, "k", Cancelled), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(_test.Store.Calls, Is.Empty);
    }

    [TestCaseSource(nameof(OfTheTable))]
    public void A_cancelled_token_ends_a_call_on_the_table_too(string verb)
    {
        Assert.That(() => Verbs.OfTheTable[verb](_test.Cache, Cancelled), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(_test.Store.Calls, Is.Empty);
    }

    [TestCaseSource(nameof(Asynchronous))]
    public async Task The_token_is_handed_to_the_store(string verb)
    {
        using var source = new CancellationTokenSource();

        await Verbs.Asynchronous[verb](_test.Cache, "k", source.Token);

        Assert.That(_test.Store.Calls.Single().Token, Is.EqualTo(source.Token));
    }
}
