using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using SolidCache.Postgres.Diagnostics;
using SolidCache.Postgres.Dispatch;
using SolidCache.Postgres.Entries;
using SolidCache.Postgres.IntegrationTests.Infrastructure;
using SolidCache.Postgres.Resilience;
using SolidCache.Postgres.Sql;

namespace SolidCache.Postgres.IntegrationTests.Hosting;

/// <summary>Connections that one blow breaks, each used when all before it have failed, as on a machine where lanes wait for their turn.</summary>
public sealed class BrokenTogether
{
    private const int Lanes = 8;
    private TestDatabase _database = null!;
    private ConnectionSource _connections = null!;
    private CircuitBreaker _breaker = null!;
    private LaneSession[] _lanes = [];

    [OneTimeSetUp]
    public async Task CreateDatabaseAsync() => _database = await TestDatabase.CreateAsync();

    [OneTimeTearDown]
    public async Task DropDatabaseAsync() => await _database.DisposeAsync();

    [SetUp]
    public void PutTogether()
    {
        var table = new TableName(TableName.DefaultSchema, TableName.DefaultTable);
        var serverClock = new ServerClock(TimeProvider.System);
        var poolers = new PoolerDetector(
            poolerSupportsPreparedStatements: false, ownsConnections: true, announces: false, serverClock, table, new Log(NullLoggerFactory.Instance));
        var clock = new CallClock(TimeSpan.FromSeconds(5), TimeProvider.System, table);
        _connections = new(_database.Source, isOwned: true, table, poolers, serverClock, static _ => { }, static () => { }, clock);
        _breaker = new(static () => throw new IOException(), static (_, _) => { }, TimeProvider.System);
        _lanes = [.. Enumerable.Range(0, Lanes).Select(_ => new LaneSession(_connections, _breaker))];
    }

    [TearDown]
    public void End()
    {
        Array.ForEach(_lanes, static lane => lane.Rest());
        _breaker.Dispose();
    }

    [Test]
    public async Task They_are_one_failure()
    {
        var processes = Array.ConvertAll(_lanes, static lane => lane.Get().Connection.ProcessID);
        await _database.ExecuteAsync($"SELECT pg_terminate_backend(pid, 5000) FROM unnest(ARRAY[{string.Join(',', processes)}]) AS pid");

        Array.ForEach(_lanes, lane => Fail(lane, "SELECT 1"));

        Assert.That(_breaker.State, Is.EqualTo(BreakerState.Closed));
    }

    [Test]
    public void What_breaks_on_a_new_one_each_time_opens_it()
    {
        for (var times = 0; times < 5; times++)
        {
            Assert.That(_breaker.State, Is.EqualTo(BreakerState.Closed));
            Fail(_lanes[0], "SELECT pg_terminate_backend(pg_backend_pid())");
        }

        Assert.That(_breaker.State, Is.EqualTo(BreakerState.Open));
    }

    [Test]
    public void What_the_server_refuses_again_and_again_on_one_that_lives_opens_it()
    {
        for (var times = 0; times < 5; times++)
        {
            Assert.That(_breaker.State, Is.EqualTo(BreakerState.Closed));
            Fail(_lanes[0], "DO $$ BEGIN RAISE 'no memory' USING ERRCODE = '53200'; END $$");
        }

        Assert.That(_breaker.State, Is.EqualTo(BreakerState.Open));
    }

    /// <summary>As a batch does that fails.</summary>
    private void Fail(LaneSession lane, string sql)
    {
        var error = Assert.Catch<NpgsqlException>(() => lane.Get().Execute(sql))!;
        lane.RestAfter(error);
        _breaker.Failed(error, lane.CountedBefore);
    }
}
