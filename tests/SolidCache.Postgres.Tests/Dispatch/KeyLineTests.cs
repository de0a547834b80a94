using SolidCache.Postgres.Dispatch;

namespace SolidCache.Postgres.Tests.Dispatch;

/// <summary>What the writes of one key become.</summary>
public sealed class KeyLineTests
{
    private readonly KeyLine _line = new() { Key = "k" };
    private long _number;

    [TestCase("s", 0, WriteKind.Set)]
    [TestCase("d", 0, WriteKind.DurableSet)]
    [TestCase("r", 0, WriteKind.Remove)]
    [TestCase("ss", 1, WriteKind.Set)]
    [TestCase("sr", 1, WriteKind.Remove)]
    [TestCase("rs", 1, WriteKind.DurableSet, Description = "The remove was promised to last")]
    [TestCase("ds", 1, WriteKind.DurableSet)]
    [TestCase("sd", 1, WriteKind.DurableSet)]
    [TestCase("srs", 2, WriteKind.DurableSet)]
    [TestCase("dr", 1, WriteKind.Remove)]
    public void The_last_write_wins_and_is_as_durable_as_the_most_durable_that_it_absorbed(string line, int winner, object kind)
    {
        var requests = Add(line);

        Assert.That((_line.NextWrite.Winner, _line.NextWrite.Kind), Is.EqualTo((requests[winner], kind)));
        Assert.That(_line.Take(), Is.EqualTo(new KeyWrite(_line, requests[winner], (WriteKind)kind)));
    }

    [Test]
    public void Nobody_is_promised_anything_by_a_durable_write_that_left_an_empty_line()
    {
        _line.Remove(Add("d")[0]);
        Add("s");

        Assert.That(_line.Take().Kind, Is.EqualTo(WriteKind.Set));
    }

    [Test]
    public void Nobody_is_promised_anything_by_a_durable_write_that_left_others_behind()
    {
        _line.Remove(Add("ds")[0]);

        Assert.That(_line.Take().Kind, Is.EqualTo(WriteKind.Set));
    }

    [Test]
    public void What_arrives_while_a_row_is_under_way_is_the_next_row()
    {
        var first = Add("sr");
        _line.Take();
        var second = Add("ss");

        Assert.That((_line.IsUnderWay, _line.Requests.Waiting is not null, _line.IsEmpty), Is.EqualTo((true, true, false)));
        Assert.That(Chained(_line.Answered().First), Is.EqualTo(first));
        Assert.That(_line.IsUnderWay, Is.True, "Its key is kept until its end.");
        _line.End();
        Assert.That(_line.Take(), Is.EqualTo(new KeyWrite(_line, second[1], WriteKind.Set)), "The durability of the first has gone with it.");
        _line.Answered();
        _line.End();
        Assert.That(_line.IsEmpty, Is.True);
    }

    [Test]
    public void Its_number_is_that_of_the_first_that_has_not_ended()
    {
        var requests = Add("sss");
        Assert.That(_line.FirstNumber, Is.EqualTo(1));
        _line.Remove(requests[0]);
        Assert.That(_line.FirstNumber, Is.EqualTo(2));
        _line.Take();
        var later = Add("ss");
        _line.Remove(later[0]);
        Assert.That(_line.FirstNumber, Is.EqualTo(2), "It is under way.");
        _line.Answered();
        _line.End();
        Assert.That(_line.FirstNumber, Is.EqualTo(5));
    }

    [Test]
    public void What_waits_moves_to_another_line_in_its_order_and_what_is_under_way_stays()
    {
        var underWay = Add("s");
        _line.Take();
        var waiting = Add("rs");
        var fresh = new KeyLine { Key = "k" };

        _line.MoveWaitingTo(fresh);

        Assert.That((_line.IsOrphan, _line.Requests.Waiting is not null, fresh.IsUnderWay, fresh.FirstNumber), Is.EqualTo((true, false, false, 2L)));
        Assert.That(fresh.Take(), Is.EqualTo(new KeyWrite(fresh, waiting[1], WriteKind.DurableSet)));
        Assert.That(Chained(_line.Answered().First), Is.EqualTo(underWay));
        Assert.That(Chained(fresh.Answered().First), Is.EqualTo(waiting));
    }

    /// <summary>s sets, d sets durably, r removes.</summary>
    private List<WriteRequest> Add(string line)
    {
        var requests = line.Select(character => character switch
        {
            's' => Requests.Set("k"),
            'd' => Requests.Set("k", durable: true),
            _ => Requests.Remove("k"),
        }).ToList();
        foreach (var request in requests)
        {
            request.Number = ++_number;
            _line.Add(request);
        }

        return requests;
    }

    private static List<WriteRequest> Chained(WriteRequest? first)
    {
        var requests = new List<WriteRequest>();
        for (var request = first; request is not null; request = request.Next)
        {
            requests.Add(request);
        }

        return requests;
    }
}
