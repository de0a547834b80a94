using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using SolidCache.Postgres.Entries;
using SolidCache.Postgres.Sql;

namespace SolidCache.Postgres.Tests.Sql;

/// <summary>Work beside the lanes while the server is away. With a server it is tested in the integration tests.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class SideWorkTests
{
    private readonly NpgsqlDataSource _dataSource = NpgsqlDataSource.Create(AwayDatabase.ConnectionString);

    private SideWork Work => AwayDatabase.Work(_dataSource, NullLoggerFactory.Instance);

    [TearDown]
    public void End() => _dataSource.Dispose();

    [Test]
    public async Task Its_errors_are_marked_as_an_outage_and_its_place_is_free_again()
    {
        var work = Work;
        for (var call = 0; call < 3; call++)
        {
            await Assert.ThatAsync(
                () => work.RunAsync(static _ => true, CancellationToken.None), Throws.TypeOf<Outage>().With.InnerException.InstanceOf<NpgsqlException>());
            await Assert.ThatAsync(() => work.RunStepsAsync(static _ => true, CancellationToken.None), Throws.TypeOf<Outage>());
        }
    }

    [Test]
    public async Task A_token_that_was_cancelled_before_ends_it_at_once()
    {
        var cancelled = new CancellationToken(canceled: true);

        await Assert.ThatAsync(() => Work.RunAsync(static _ => true, cancelled), Throws.InstanceOf<OperationCanceledException>());
        await Assert.ThatAsync(() => Work.RunStepsAsync(static _ => true, cancelled), Throws.InstanceOf<OperationCanceledException>());
    }
}
