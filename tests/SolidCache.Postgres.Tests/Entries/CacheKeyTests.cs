using System.Text;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Tests.Entries;

/// <summary>Keys as they stand in the table.</summary>
public sealed class CacheKeyTests
{
    private static readonly string[] Pieces = ["", "a", "b", "~", "\u007F", "\u0080", "é", "\u07FF", "\u0800", "\uD7FF", "\uE000", "\uFFFD", "\U00010000", "\U0001F600", "\U0010FFFF"];

    [Test]
    public void Their_order_is_that_of_their_bytes()
    {
        var keys = Pieces.SelectMany(first => Pieces.Select(second => first + second)).Distinct().ToArray();
        foreach (var one in keys)
        {
            foreach (var other in keys)
            {
                var expected = Encoding.UTF8.GetBytes(one).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(other));
                Assert.That(Math.Sign(new CacheKey(one).CompareTo(new CacheKey(other))), Is.EqualTo(Math.Sign(expected)), $"{one} {other}");
            }
        }
    }
}
