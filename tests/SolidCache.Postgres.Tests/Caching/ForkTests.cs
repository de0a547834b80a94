namespace SolidCache.Postgres.Tests.Caching;

/// <summary>Each call asks the store once, and in the way that it was made itself.</summary>
public sealed class ForkTests
{
    private readonly CacheUnderTest _test = new();

    private static IEnumerable<string> Synchronous => Verbs.Synchronous.Keys;

    private static IEnumerable<string> Asynchronous => Verbs.Asynchronous.Keys;

    [TestCaseSource(nameof(Synchronous))]
    public void A_synchronous_call_asks_the_store_to_block(string verb)
    {
        Verbs.Synchronous[verb](_test.Cache, "k");

        Assert.That(_test.Store.Calls.Single().Async, Is.False);
    }

    [TestCaseSource(nameof(Asynchronous))]
    public async Task An_asynchronous_call_does_not(string verb)
    {
        await Verbs.Asynchronous[verb](_test.Cache, "k", CancellationToken.None);

        Assert.That(_test.Store.Calls.Single().Async, Is.Not.False);
    }
}
