using Microsoft.Extensions.Time.Testing;
using SolidCache.Postgres.Diagnostics;

namespace SolidCache.Postgres.Tests.Diagnostics;

/// <summary>What happens at every call and is told seldom.</summary>
public sealed class SeldomToldTests
{
    [Test]
    public void It_is_told_at_once_and_again_after_ten_minutes()
    {
        var time = new FakeTimeProvider();
        var seldom = new SeldomTold(time);

        Assert.That((seldom.IsDue(), seldom.IsDue()), Is.EqualTo((true, false)));
        time.Advance(TimeSpan.FromMinutes(9));
        Assert.That(seldom.IsDue(), Is.False);
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.That((seldom.IsDue(), seldom.IsDue()), Is.EqualTo((true, false)));
    }
}
