using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SolidCache.Postgres.FaultTests.Calls;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.FaultTests.Promises;

/// <summary>A pool whose sessions began while their role was not to write: that lasts as long as the session, whatever the role may do since.</summary>
public sealed class ReadOnlySessions() : OneServer(AsManyConnectionsAsAStandby)
{
    /// <summary>It may not have fewer than its primary.</summary>
    private const string AsManyConnectionsAsAStandby = "max_connections=100";

    private const string Forbid = "ALTER ROLE postgres SET default_transaction_read_only = on";
    private const string Allow = "BEGIN READ WRITE; ALTER ROLE postgres RESET default_transaction_read_only; COMMIT";
    private const int OpenedBefore = 6;

    /// <summary>A breaker opens after five, and what it refuses until it has asked comes on top; so many in a row that each session of the pool had its turn.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(2);
    private const int InARow = 30;

    [TearDown]
    public Task AllowAsync() => Server.ExecuteAsync(Allow);

    [Test, CancelAfter(40_000)]
    public async Task Writes_succeed_soon_after_they_are_allowed_again(
        [Values] bool areAllReadOnly, [Values] bool async, [Values] bool coalescing)
    {
        await using var application = NpgsqlDataSource.Create(Server.ConnectionString + ";Application Name=SolidCache.Postgres");
        await Server.ExecuteAsync(Forbid);
        var before = await OpenAsync(application, OpenedBefore);
        await AllowAsync();
        var after = areAllReadOnly ? [] : await OpenAsync(application, OpenedBefore);
        foreach (var connection in after.Zip(before, static (one, other) => new[] { one, other }).SelectMany(static pair => pair).Concat(areAllReadOnly ? before : []))
        {
            await connection.DisposeAsync();
        }

        var node = await StartNodeAsync(
            options => (options.ConnectionString, options.Coalescing) = (null, coalescing), configureServices: services => services.AddSingleton(application));
        var verbs = new Verbs(node.Cache, async);
        var began = TimeProvider.System.GetTimestamp();
        var (failed, lastFailure, inARow) = (0, TimeSpan.Zero, 0);
        for (var call = 0; inARow < InARow && call < 500; call++)
        {
            // One after the other, with pauses in which connections go back to the pool.
            var set = await Ended.OfAsync(() => call % 3 == 0 ? verbs.RemoveAsync("key") : verbs.SetAsync("key", [1]));
            await Task.Delay(15);
            inARow = set.Error is null ? inARow + 1 : 0;
            if (set.Error is not null)
            {
                failed++;
                lastFailure = TimeProvider.System.GetElapsedTime(began);
            }
        }

        await node.Cache.RemoveByPrefixAsync("key");
        await TestContext.Out.WriteLineAsync($"{failed} writes failed, the last after {lastFailure.TotalSeconds:0.00} s");
        Assert.That(inARow, Is.EqualTo(InARow));
        Assert.That(lastFailure, Is.LessThan(Soon));
    }

    /// <summary>What a standby refuses it executes when it has become the primary, on the same sessions: they need not be thrown away.</summary>
    [Test, CancelAfter(60_000)]
    public async Task A_standby_that_is_promoted_takes_writes_on_the_sessions_that_it_had()
    {
        await using var standby = await Server.StartStandbyAsync();
        await using var application = NpgsqlDataSource.Create(standby.ConnectionString + ";Application Name=SolidCache.Postgres");
        var node = await StartNodeAsync(options => options.ConnectionString = null, configureServices: services => services.AddSingleton(application));
        await Ended.OfAsync(() => node.Cache.SetAsync("key", [1], Forever));
        var before = await standby.BackendPidsAsync();

        await standby.PromoteAsync();
        await Eventually.TrueAsync(async () => (await Ended.OfAsync(() => node.Cache.SetAsync("key", [1], Forever))).Error is null, "it takes writes");

        Assert.That((await standby.BackendPidsAsync()).Intersect(before), Is.Not.Empty);
        await node.DisposeAsync();
    }

    private static async Task<NpgsqlConnection[]> OpenAsync(NpgsqlDataSource source, int count)
    {
        var connections = new NpgsqlConnection[count];
        for (var number = 0; number < count; number++)
        {
            connections[number] = await source.OpenConnectionAsync();
        }

        return connections;
    }
}
