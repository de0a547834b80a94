using SolidCache.Postgres.Entries;
using SolidCache.Postgres.Resilience;
using SolidCache.Postgres.Tests.Dispatch;

namespace SolidCache.Postgres.Tests.Sql;

/// <summary>Rows beside the lanes, while the server is away. With a server they are tested in the integration tests.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class StragglersTests
{
    private readonly Writes _writes = new();
    private readonly AwayParts _parts;

    public StragglersTests() => _parts = new AwayParts(_writes.Clock);

    [TearDown]
    public void End() => _parts.Dispose();

    [Test]
    public void A_row_whose_time_is_up_is_no_success_for_a_call_that_it_absorbed()
    {
        var absorbed = _writes.Set("k");
        var winner = _writes.Set("k");
        var batch = _writes.Take();
        winner.GiveUp();
        _writes.Queue.Stray(batch);
        _writes.Wait(5);

        _parts.Stragglers(_writes.Queue).Add(batch);

        Assert.That(() => absorbed.HasEnded, Is.True.After(10_000, 1));
        Assert.That(absorbed.Error(), Is.Not.Null, "It was never written.");
    }

    [Test]
    public void Rows_that_meet_an_outage_end_with_it_and_free_their_keys()
    {
        var requests = new[] { _writes.Set("a"), _writes.Set("b") };
        var batch = _writes.Take();
        _writes.Queue.Stray(batch);

        _parts.Stragglers(_writes.Queue).Add(batch);

        Assert.That(() => Array.TrueForAll(requests, request => request.HasEnded), Is.True.After(10_000, 1));
        Assert.That(requests.Select(request => request.Error()), Is.All.TypeOf<Outage>());
        Assert.That(() => _writes.Queue.Look(), Is.False.After(10_000, 1));
    }

    [Test]
    public void Rows_that_nobody_waits_for_any_more_free_their_keys_and_the_server_is_not_asked()
    {
        for (var failures = 0; failures < 10; failures++)
        {
            var requests = new[] { _writes.Set("k"), _writes.Remove("k") };
            var batch = _writes.Take();
            Array.ForEach(requests, static request => request.GiveUp());
            _writes.Queue.Stray(batch);

            _parts.Stragglers(_writes.Queue).Add(batch);

            Assert.That(() => _writes.Queue.Look(), Is.False.After(10_000, 1));
        }

        Assert.That(_parts.Breaker.State, Is.EqualTo(BreakerState.Closed), "So many outages would have opened it.");
    }
}
