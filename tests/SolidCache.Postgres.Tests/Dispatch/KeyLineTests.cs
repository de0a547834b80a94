using SolidCache.Postgres.Dispatch;

namespace SolidCache.Postgres.Tests.Dispatch;

/// <summary>What the writes of one key become.</summary>
public sealed class KeyLineTests
{
    private readonly KeyLine _line = new() { Key = "k" };

    [TestCase("s", 0)]
    [TestCase("ss", 1)]
    [TestCase("sr", 1)]
    [TestCase("rs", 1)]
    [TestCase("srs", 2)]
    [TestCase("t", 0)]
    [TestCase("ts", 1)]
    [TestCase("st", 0)]
    [TestCase("rt", 0)]
    [TestCase("tr", 1)]
    [TestCase("tst", 1)]
    [TestCase("stsrt", 3)]
    public void The_last_write_wins_and_touches_lose(string line, int winner)
    {
        var requests = Add(line);

        Assert.That(_line.TakeWrite()!.Value.Winner, Is.SameAs(requests[winner]));
    }

    [TestCase("sX", 0)]
    [TestCase("Xs", 1)]
    [TestCase("rXt", 0)]
    [TestCase("XXtX", 2)]
    [TestCase("tXs", 2)]
    public void What_was_withdrawn_is_skipped(string line, int winner)
    {
        var requests = Add(line);

        Assert.That(_line.TakeWrite()!.Value.Winner, Is.SameAs(requests[winner]));
    }

    [TestCase("s", false)]
    [TestCase("t", false)]
    [TestCase("ts", false)]
    [TestCase("d", true)]
    [TestCase("r", true)]
    [TestCase("rs", true, Description = "The remove was promised to last")]
    [TestCase("ds", true)]
    [TestCase("sd", true)]
    [TestCase("Ds", false, Description = "Nobody was promised anything")]
    public void A_row_is_as_durable_as_the_most_durable_that_it_absorbed(string line, bool durable)
    {
        Add(line);

        Assert.That(_line.TakeWrite()!.Value.IsDurable, Is.EqualTo(durable));
    }

    [Test]
    public void Nothing_is_taken_when_everything_was_withdrawn()
    {
        Add("XX");

        Assert.That(_line.TakeWrite(), Is.Null);
        Assert.That(_line.IsUnderWay, Is.False);
    }

    [Test]
    public void A_turn_is_a_barrier_for_those_behind_it()
    {
        var requests = Add("st|r");

        Assert.That(_line.TakeWrite()!.Value.Winner, Is.SameAs(requests[0]));
        Assert.That(_line.Taken.Requests, Is.EqualTo(2));
        End();
        Assert.That(_line.StartsWithTurn, Is.True);
        Assert.That(_line.TakeTurn(), Is.SameAs(requests[2]));
        Assert.That(_line.IsUnderWay, Is.True);
        End();
        Assert.That(_line.TakeWrite()!.Value.Winner, Is.SameAs(requests[3]));
        End();
        Assert.That(_line.IsEmpty, Is.True);
    }

    [Test]
    public void All_that_were_taken_are_answered()
    {
        var requests = Add("sXtr");
        _line.TakeWrite();

        Assert.That(End(), Is.EqualTo(requests));
        Assert.That(_line.Taken, Is.EqualTo((0, 0L)));
    }

    [TestCase("s", 3)]
    [TestCase("sr", 0)]
    [TestCase("st", 3)]
    [TestCase("ss|rd", 3)]
    [TestCase("|s", 0)]
    [TestCase("", 0)]
    [TestCase("sb", 70)]
    [TestCase("bs", 3)]
    [TestCase("sB", 3, Description = "Withdrawn: the small one is what would be sent")]
    [TestCase("bX", 70, Description = "Withdrawn: the large one is what would be sent")]
    public void The_next_bytes_are_those_of_the_row_that_would_be_taken(string line, int bytes)
    {
        Add(line);

        Assert.That(_line.NextBytes, Is.EqualTo(bytes));
        if (_line.TakeWrite() is { } write)
        {
            Assert.That(write.Winner.Value.Length, Is.EqualTo(bytes));
        }
    }

    [Test]
    public void What_was_withdrawn_at_the_front_is_dropped()
    {
        var requests = Add("XXsX");

        var dropped = _line.DropWithdrawn();

        Assert.That((dropped.Count, dropped.Bytes), Is.EqualTo((2, 6L)));
        Assert.That(Requests(dropped), Is.EqualTo(requests[..2]));
    }

    /// <summary>s sets 3 bytes, b 70; d sets durably; r removes, t touches, | is a turn; in capitals, X for s, it was withdrawn.</summary>
    private List<WriteRequest> Add(string line)
    {
        var requests = line.Select(character => character switch
        {
            's' => Writes.Set("k", 3),
            'X' => Writes.Set("k", 3).Withdrawn(),
            'b' => Writes.Set("k", 70),
            'B' => Writes.Set("k", 70).Withdrawn(),
            'd' => Writes.Set("k", 3, durable: true),
            'D' => Writes.Set("k", 3, durable: true).Withdrawn(),
            'r' => Writes.Remove("k"),
            't' => Writes.Touch("k"),
            _ => Writes.Turn("k"),
        }).ToList();
        requests.ForEach(_line.Add);
        return requests;
    }

    private List<WriteRequest> End() => Requests(_line.End());

    private static List<WriteRequest> Requests(WriteChain chain)
    {
        var requests = new List<WriteRequest>();
        while (chain.First is not null)
        {
            requests.Add(chain.Take());
        }

        return requests;
    }
}
