using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Npgsql;
using SolidCache.Postgres.Diagnostics;
using SolidCache.Postgres.Sql;
using SolidCache.Postgres.Sweeping;
using SolidCache.Postgres.Tests.Diagnostics;

namespace SolidCache.Postgres.Tests.Sweeping;

/// <summary>The timer around the sweep while the database is away. With a server it is tested in the integration tests.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class SweeperServiceTests
{
    private readonly WatchedTimeProvider _time = new();
    private readonly FakeLogCollector _logs = new();
    private readonly NpgsqlDataSource _dataSource = NpgsqlDataSource.Create(AwayDatabase.ConnectionString);
    private readonly LoggerFactory _loggers;

    public SweeperServiceTests() => _loggers = new LoggerFactory([new FakeLoggerProvider(_logs)]);

    [TearDown]
    public void TearDown()
    {
        _loggers.Dispose();
        _dataSource.Dispose();
    }

    [TestCase(3_600, 60)]
    [TestCase(10, 10)]
    public async Task A_failed_sweep_is_logged_and_tried_again_within_a_minute(int intervalSeconds, int retrySeconds)
    {
        using var service = Service(isEnabled: true, TimeSpan.FromSeconds(intervalSeconds));
        await service.StartAsync(CancellationToken.None);
        for (var attempt = 0; attempt < 3; attempt++)
        {
            var wait = await _time.NextWaitAsync();
            Assert.That(wait, Is.EqualTo(TimeSpan.FromSeconds(retrySeconds)));
            _time.Advance(wait);
        }

        await _time.NextWaitAsync();
        await service.StopAsync(CancellationToken.None);

        string[] expected =
        [
            "cache_cleanup_started", "cache_cleanup_failed", "cache_cleanup_failed", "cache_cleanup_failed", "cache_cleanup_failed", "cache_cleanup_stopped",
        ];
        Assert.That(Events(), Is.EqualTo(expected));
        var failures = _logs.GetSnapshot().Where(record => record.Id.Name == "cache_cleanup_failed").ToList();
        Assert.That(failures.Select(record => record.Exception is not null), Is.EqualTo((bool[])[true, false, false, false]), "One stack says it.");
        Assert.That(failures.Select(record => record.Message), Has.All.EndsWith($"in {retrySeconds} seconds: {failures[0].Exception!.Message}"));
    }

    [Test]
    public async Task A_failed_sweep_does_not_take_the_host_down()
    {
        using var service = Service(isEnabled: true, TimeSpan.FromHours(1));
        await service.StartAsync(CancellationToken.None);
        await _time.NextWaitAsync();

        Assert.That(service.ExecuteTask!.IsCompleted, Is.False);

        await service.StopAsync(CancellationToken.None);
        Assert.That(service.ExecuteTask.IsCompletedSuccessfully, Is.True);
    }

    [Test]
    public async Task A_process_that_does_not_sweep_stays_silent()
    {
        using var service = Service(isEnabled: false, TimeSpan.FromHours(1));
        await service.StartAsync(CancellationToken.None);
        await service.ExecuteTask!;
        await service.StopAsync(CancellationToken.None);

        Assert.That(Events(), Is.Empty);
    }

    private string?[] Events() => [.. _logs.GetSnapshot().Select(record => record.Id.Name)];

    private SweeperService Service(bool isEnabled, TimeSpan interval)
    {
        var statements = new SweepStatements(new SqlNames(AwayDatabase.Table));
        var sweeper = new Sweeper(AwayDatabase.Work(_dataSource, _loggers), AwayDatabase.Work(_dataSource, _loggers), statements, new SweepPass(statements, 50e6, _time), Telemetry.Unheard, static () => { }, AwayDatabase.Table, new Log(_loggers));
        return new SweeperService(sweeper, AwayDatabase.Table, isEnabled, interval, _time, new Log(_loggers));
    }
}
