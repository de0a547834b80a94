using SolidCache.Postgres.Dispatch;
using SolidCache.Postgres.Entries;
using SolidCache.Postgres.Sql;
using SolidCache.Postgres.Tests.Dispatch;

namespace SolidCache.Postgres.Tests.Sql;

/// <summary>What a batch of reads does where a touch is due. That the server tells so is tested in the integration tests.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class TouchBehindTests
{
    private readonly List<(CacheKey Key, long Began)> _touches = [];
    private Action _touched = static () => { };

    [Test]
    public void A_touch_is_on_its_way_before_any_reader_has_the_value()
    {
        var (one, twin) = (Read(slides: true, began: 7), Read(slides: true, began: 8));
        _touched = () => Assert.That((one.HasEnded, twin.HasEnded), Is.EqualTo((false, false)));

        Answer([one, twin], ReadValue.Rent(1, touchIsDue: true));

        Assert.That(_touches, Is.EqualTo(((CacheKey, long)[])[(twin.Key, twin.Began)]), "One for all of them.");
        Assert.That((one.HasEnded, twin.HasEnded), Is.EqualTo((true, true)));
    }

    [TestCase(true, true, false, 1)]
    [TestCase(true, false, true, 1)]
    [TestCase(true, false, false, 0)]
    [TestCase(false, true, true, 0)]
    public void A_touch_is_written_where_it_is_due_and_any_reader_slides(bool isDue, bool oneSlides, bool twinSlides, int touches)
    {
        Answer([Read(oneSlides), Read(twinSlides)], ReadValue.Rent(1, isDue));

        Assert.That(_touches, Has.Count.EqualTo(touches));
    }

    [Test]
    public void A_miss_touches_nothing()
    {
        Answer([Read(slides: true)], found: null);

        Assert.That(_touches, Is.Empty);
    }

    private static ReadRequest Read(bool slides, long began = 0)
    {
        var request = Requests.Read("k", began);
        request.Slides = slides;
        return request;
    }

    private void Answer(List<ReadRequest> batch, ReadValue? found)
    {
        var answers = new ReadAnswers(Touch);
        answers.Collect(batch);
        if (found is { } value && answers.TryTake("k", out var request))
        {
            answers.Add(request, value);
        }

        answers.Finish();
    }

    private void Touch(CacheKey key, long began)
    {
        _touched();
        _touches.Add((key, began));
    }
}
