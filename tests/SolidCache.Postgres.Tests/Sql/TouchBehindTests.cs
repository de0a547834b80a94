using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using SolidCache.Postgres.Dispatch;
using SolidCache.Postgres.Entries;
using SolidCache.Postgres.Resilience;
using SolidCache.Postgres.Sql;
using SolidCache.Postgres.Tests.Diagnostics;
using SolidCache.Postgres.Tests.Dispatch;

namespace SolidCache.Postgres.Tests.Sql;

/// <summary>What a batch of reads does where a touch is due. That the server tells so is tested in the integration tests.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class TouchBehindTests
{
    private readonly NpgsqlDataSource _dataSource = NpgsqlDataSource.Create(AwayDatabase.ConnectionString);
    private readonly CircuitBreaker _breaker = new(static () => throw new IOException(), static (_, _) => { }, TimeProvider.System);
    private readonly List<(CacheKey Key, long Began)> _touches = [];
    private Action _touched = static () => { };

    [TearDown]
    public void End()
    {
        _breaker.Dispose();
        _dataSource.Dispose();
    }

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

    private ReadBatchExecutor NewExecutor()
    {
        var clock = AwayDatabase.Clock();
        return new ReadBatchExecutor(
            AwayDatabase.Connections(_dataSource, NullLoggerFactory.Instance),
            new EntryStatements(new SqlNames(AwayDatabase.Table), 0.1),
            new ReadQueue(Requests.Small, clock, AwayDatabase.Table),
            _breaker,
            new BackendEnd(AwayDatabase.Work(_dataSource, NullLoggerFactory.Instance), AwayDatabase.Clock(), new CacheLife()),
            Touch,
            clock,
            Telemetry.Unheard);
    }

    private void Touch(CacheKey key, long began)
    {
        _touched();
        _touches.Add((key, began));
    }
}
