using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Tests.Entries;

/// <summary>The array into which a value is read.</summary>
public sealed class ArrayReceiverTests
{
    [Test]
    public void It_has_exactly_the_length_that_was_asked_for()
    {
        var receiver = new ArrayReceiver();

        receiver.GetSpan(3).Fill(7);
        receiver.Advance(3);

        byte[] expected = [7, 7, 7];
        Assert.That(receiver.Array, Is.EqualTo(expected));
    }

    [Test]
    public void Nothing_was_received_when_nothing_was_asked_for() => Assert.That(new ArrayReceiver().Array, Is.Empty);
}
