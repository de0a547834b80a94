using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Npgsql;
using SolidCache.Postgres.Diagnostics;
using SolidCache.Postgres.Schema;

namespace SolidCache.Postgres.Tests.Schema;

/// <summary>The start of a host while the database is away. With a server it is tested in the integration tests.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class SchemaInitializerTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private readonly FakeLogCollector _logs = new();
    private readonly NpgsqlDataSource _dataSource = NpgsqlDataSource.Create(AwayDatabase.ConnectionString);
    private readonly LoggerFactory _loggers;

    public SchemaInitializerTests() => _loggers = new LoggerFactory([new FakeLoggerProvider(_logs)]);

    [TearDown]
    public void TearDown()
    {
        _loggers.Dispose();
        _dataSource.Dispose();
    }

    [Test]
    public async Task A_host_starts_without_its_database_and_goes_on_trying()
    {
        var time = new WatchedTimeProvider();
        using var initializer = new SchemaInitializer(AwayDatabase.Work(_dataSource, _loggers), AwayDatabase.Table, tagIndex: null, Patience, time, new Log(_loggers));
        await initializer.StartAsync(CancellationToken.None);
        Assert.That(await time.NextWaitAsync(), Is.EqualTo(Patience), "The first attempt is bounded.");
        for (var attempt = 0; attempt < 2; attempt++)
        {
            Assert.That(await time.NextWaitAsync(), Is.EqualTo(TimeSpan.FromSeconds(2)));
            time.Advance(TimeSpan.FromSeconds(2));
        }

        await time.NextWaitAsync();
        await initializer.StopAsync(CancellationToken.None);

        Assert.That(_logs.GetSnapshot().Select(record => record.Id.Name), Is.EqualTo((string[])["schema_unchecked"]), "A reason is told once.");
    }

    [Test]
    public async Task A_reason_that_lasts_is_told_again_but_rarely()
    {
        var time = new WatchedTimeProvider();
        using var initializer = new SchemaInitializer(AwayDatabase.Work(_dataSource, _loggers), AwayDatabase.Table, tagIndex: null, Patience, time, new Log(_loggers));
        await initializer.StartAsync(CancellationToken.None);
        await time.NextWaitAsync();
        await time.NextWaitAsync();
        time.Advance(TimeSpan.FromMinutes(10));
        await time.NextWaitAsync();
        await initializer.StopAsync(CancellationToken.None);

        Assert.That(_logs.GetSnapshot(), Has.Count.EqualTo(2));
    }

    [Test]
    public void A_start_that_is_cancelled_is_cancelled()
    {
        using var initializer = new SchemaInitializer(
            AwayDatabase.Work(_dataSource, _loggers), AwayDatabase.Table, tagIndex: null, Patience, new WatchedTimeProvider(), new Log(_loggers));

        Assert.That(() => initializer.StartAsync(new CancellationToken(canceled: true)), Throws.InstanceOf<OperationCanceledException>());
    }
}
