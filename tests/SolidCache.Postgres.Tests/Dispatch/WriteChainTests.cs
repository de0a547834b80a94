using SolidCache.Postgres.Dispatch;

namespace SolidCache.Postgres.Tests.Dispatch;

/// <summary>Writes in a row.</summary>
public sealed class WriteChainTests
{
    [Test]
    public void What_was_added_first_is_taken_first()
    {
        var requests = (WriteRequest[])[Writes.Set("a", 3), Writes.Remove("b"), Writes.Set("c", 5)];
        var chain = Chain(requests);

        Assert.That((chain.Count, chain.Bytes, chain.First), Is.EqualTo((3, 8L, requests[0])));
        Assert.That((WriteRequest[])[chain.Take(), chain.Take(), chain.Take()], Is.EqualTo(requests));
        Assert.That((chain.Count, chain.Bytes, chain.First), Is.EqualTo((0, 0L, (WriteRequest?)null)));
    }

    [Test]
    public void An_emptied_chain_starts_anew()
    {
        var chain = Chain(Writes.Set("a"));
        chain.Take();
        var next = Writes.Set("b");

        chain.Add(next);

        Assert.That((chain.First, chain.Count), Is.EqualTo((next, 1)));
    }

    [TestCase(0, 0)]
    [TestCase(0, 2)]
    [TestCase(2, 0)]
    [TestCase(1, 1)]
    [TestCase(3, 2)]
    public void Chains_are_joined(int first, int second)
    {
        var requests = Enumerable.Range(0, first + second + 1).Select(number => Writes.Set($"k{number}", number)).ToArray();
        var chain = Chain(requests.AsSpan(0, first));

        chain.Add(Chain(requests.AsSpan(first, second)));
        chain.Add(requests[^1]);

        Assert.That((chain.Count, chain.Bytes), Is.EqualTo((requests.Length, requests.Sum(request => (long)request.Value.Length))));
        Assert.That(requests.Select(_ => chain.Take()).ToArray(), Is.EqualTo(requests));
    }

    [Test]
    public void What_was_taken_is_linked_to_nothing()
    {
        var chain = Chain(Writes.Set("a"), Writes.Set("b"));

        Assert.That(chain.Take().Next, Is.Null);
    }

    private static WriteChain Chain(params ReadOnlySpan<WriteRequest> requests)
    {
        var chain = default(WriteChain);
        foreach (var request in requests)
        {
            chain.Add(request);
        }

        return chain;
    }
}
