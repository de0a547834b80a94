using System.Runtime.CompilerServices;
using SolidCache.Postgres.Dispatch;
using SolidCache.Postgres.Entries;
using SolidCache.Postgres.Sql;
using SolidCache.Postgres.Tests.Dispatch;

namespace SolidCache.Postgres.Tests.Sql;

/// <summary>What a batch of reads does where a touch is due. That the server tells so is tested in the integration tests.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class TouchBehindTests
{
    private readonly AwayParts _parts = new();
    private readonly List<(CacheKey Key, long Began)> _touches = [];
    private Action _touched = static () => { };

    [TearDown]
    public void End() => _parts.Dispose();

    [Test]
    public void A_touch_is_on_its_way_before_any_reader_has_the_value()
    {
        var (first, twin) = (Read(slides: true, began: 7), Read(slides: true, began: 8));
        first.Twin = twin;
        _touched = () => Assert.That((first.HasEnded, twin.HasEnded), Is.EqualTo((false, false)));

        Answer(NewExecutor(), first, ReadValue.Rent(1, touchIsDue: true));

        Assert.That(_touches, Is.EqualTo(((CacheKey, long)[])[(first.Key, first.Began)]), "One for all of them.");
        Assert.That((first.HasEnded, twin.HasEnded), Is.EqualTo((true, true)));
    }

    [TestCase(true, true, false, 1)]
    [TestCase(true, false, true, 1)]
    [TestCase(true, false, false, 0)]
    [TestCase(false, true, true, 0)]
    public void A_touch_is_written_where_it_is_due_and_any_reader_slides(bool isDue, bool firstSlides, bool twinSlides, int touches)
    {
        var (first, twin) = (Read(firstSlides), Read(twinSlides));
        first.Twin = twin;

        Answer(NewExecutor(), first, ReadValue.Rent(1, isDue));

        Assert.That(_touches, Has.Count.EqualTo(touches));
    }

    [Test]
    public void A_miss_touches_nothing()
    {
        Answer(NewExecutor(), Read(slides: true), default);

        Assert.That(_touches, Is.Empty);
    }

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "Answer")]
    private static extern void Answer(ReadBatchExecutor executor, ReadRequest first, ReadValue value);

    private static ReadRequest Read(bool slides, long began = 0)
    {
        var request = Requests.Read("k", began);
        request.Slides = slides;
        return request;
    }

    private ReadBatchExecutor NewExecutor() => _parts.Reads(new ReadQueue(Requests.Small, _parts.Clock, AwayDatabase.Table), Touch);

    private void Touch(CacheKey key, long began)
    {
        _touched();
        _touches.Add((key, began));
    }
}
