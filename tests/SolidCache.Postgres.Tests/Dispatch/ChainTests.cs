using SolidCache.Postgres.Dispatch;

namespace SolidCache.Postgres.Tests.Dispatch;

/// <summary>Parts in a row.</summary>
public sealed class ChainTests
{
    [Test]
    public void What_was_added_first_is_first()
    {
        var requests = Some(3);
        var chain = Chain(requests);

        Assert.That((chain.IsEmpty, chain.First, chain.Last), Is.EqualTo((false, requests[0], requests[2])));
        Assert.That(Parts(chain), Is.EqualTo(requests));
    }

    [TestCase(1, 0)]
    [TestCase(2, 0)]
    [TestCase(2, 1)]
    [TestCase(3, 0)]
    [TestCase(3, 1)]
    [TestCase(3, 2)]
    public void Each_may_leave_and_come_back(int count, int leaver)
    {
        var requests = Some(count);
        var chain = Chain(requests);

        chain.Remove(requests[leaver]);
        Assert.That(Parts(chain), Is.EqualTo(requests.Except([requests[leaver]])));
        Assert.That((requests[leaver].Previous, requests[leaver].Next), Is.EqualTo(((WriteRequest?)null, (WriteRequest?)null)));

        chain.Add(requests[leaver]);
        Assert.That((Parts(chain)[^1], chain.Last), Is.EqualTo((requests[leaver], requests[leaver])));
    }

    [Test]
    public void A_chain_that_was_given_out_starts_anew()
    {
        var requests = Some(2);
        var chain = Chain(requests);

        var all = chain.TakeAll();

        Assert.That((chain.IsEmpty, chain.Last), Is.EqualTo((true, (WriteRequest?)null)));
        Assert.That(Parts(all), Is.EqualTo(requests));
    }

    [TestCase(0, 0)]
    [TestCase(0, 2)]
    [TestCase(2, 0)]
    [TestCase(1, 1)]
    [TestCase(3, 2)]
    public void Chains_are_joined(int first, int second)
    {
        var requests = Some(first + second + 1);
        var chain = Chain(requests[..first]);

        chain.Add(Chain(requests[first..^1]));
        chain.Add(requests[^1]);

        Assert.That(Parts(chain), Is.EqualTo(requests));
        Assert.That(Backwards(chain), Is.EqualTo(requests.Reverse()));
    }

    [Test]
    public void Any_history_leaves_it_as_a_list_would_be()
    {
        var random = new Random(20261128);
        var chain = default(Chain<WriteRequest>);
        var list = new List<WriteRequest>();
        for (var step = 0; step < 2_000; step++)
        {
            if (list.Count == 0 || random.Next(9) < 5)
            {
                var request = Requests.Remove("k");
                chain.Add(request);
                list.Add(request);
            }
            else
            {
                var leaver = list[random.Next(list.Count)];
                chain.Remove(leaver);
                list.Remove(leaver);
            }

            Assert.That((chain.First, chain.Last), Is.EqualTo((list.FirstOrDefault(), list.LastOrDefault())));
        }

        Assert.That(Parts(chain), Is.EqualTo(list));
    }

    private static WriteRequest[] Some(int count) => [.. Enumerable.Range(0, count).Select(number => Requests.Remove($"k{number}"))];

    private static Chain<WriteRequest> Chain(WriteRequest[] requests)
    {
        var chain = default(Chain<WriteRequest>);
        foreach (var request in requests)
        {
            chain.Add(request);
        }

        return chain;
    }

    private static List<WriteRequest> Parts(Chain<WriteRequest> chain)
    {
        var parts = new List<WriteRequest>();
        for (var part = chain.First; part is not null; part = part.Next)
        {
            parts.Add(part);
        }

        return parts;
    }

    private static List<WriteRequest> Backwards(Chain<WriteRequest> chain)
    {
        var parts = new List<WriteRequest>();
        for (var part = chain.Last; part is not null; part = part.Previous)
        {
            parts.Add(part);
        }

        return parts;
    }
}
