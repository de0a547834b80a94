using SolidCache.Postgres.Dispatch;

namespace SolidCache.Postgres.Tests.Dispatch;

/// <summary>How many connections there may be to a distant server, beside those that reads and writes have for themselves.</summary>
public sealed class SpareLanesTests
{
    [TestCase(2, 2, 100, 8)]
    [TestCase(4, 2, 100, 10)]
    [TestCase(1, 1, 100, 0)]
    [TestCase(1, 2, 100, 0)]
    [TestCase(2, 2, 14, 8)]
    [TestCase(2, 2, 12, 6)]
    [TestCase(2, 2, 5, -1)]
    public void Four_more_than_the_options_say_unless_one_is_to_be_all_or_the_pool_is_small(int reads, int writes, int pool, int most) =>
        Assert.That(SpareLanes.MostOf(reads, writes, pool), Is.EqualTo(most));

    [Test]
    public void There_may_be_none_at_all([Values(0, -1)] int most)
    {
        var spares = new SpareLanes(most);
        spares.Reserve(1);
        Assert.That((spares.Free, spares.TryTake(), spares.AreTooMany), Is.EqualTo((0, false, false)));
    }

    [Test]
    public void One_kind_of_calls_has_all_that_the_other_does_not_use()
    {
        var spares = new SpareLanes(8);
        spares.Reserve(2);
        Assert.That((spares.Free, Taken(spares), spares.Free, spares.AreTooMany), Is.EqualTo((6, 6, 0, false)));
    }

    [Test]
    public void What_the_other_has_for_itself_is_left_to_it()
    {
        var spares = new SpareLanes(8);
        spares.Reserve(2);
        spares.Reserve(2);
        Assert.That((spares.Free, Taken(spares)), Is.EqualTo((4, 4)));
    }

    [Test]
    public void There_are_too_many_when_the_other_comes_and_enough_when_they_have_gone_back()
    {
        var spares = new SpareLanes(8);
        spares.Reserve(2);
        Taken(spares);
        spares.Reserve(2);
        Assert.That((spares.AreTooMany, spares.TryTake(), spares.Free), Is.EqualTo((true, false, 0)));

        spares.Return();
        Assert.That(spares.AreTooMany, Is.True);
        spares.Return();
        Assert.That((spares.AreTooMany, spares.TryTake()), Is.EqualTo((false, false)));
    }

    [Test]
    public void Who_has_none_gives_none_back_whatever_the_others_take()
    {
        var spares = new SpareLanes(2);
        spares.Reserve(2);
        spares.Reserve(2);
        Assert.That((spares.AreTooMany, spares.TryTake()), Is.EqualTo((false, false)));
    }

    private static int Taken(SpareLanes spares)
    {
        var taken = 0;
        while (spares.TryTake())
        {
            taken++;
        }

        return taken;
    }
}
