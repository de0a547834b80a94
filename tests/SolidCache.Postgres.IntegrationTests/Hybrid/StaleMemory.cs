using System.Globalization;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Hybrid;

/// <summary>No node serves what was changed longer ago than the bound, whatever becomes of its connections, the listener's and the reader's too, and of other nodes.</summary>
/// <remarks>SOLIDCACHE_STALE_SECONDS says for how long (3) at least: a busy machine takes longer for enough reads and writes.</remarks>
public sealed class StaleMemory
{
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(double.Parse(Environment.GetEnvironmentVariable("SOLIDCACHE_STALE_SECONDS") ?? "3", CultureInfo.InvariantCulture));

    /// <summary>The driver forgets a whole pool when one of its connections is ended: more often, and nearly all of the time goes to opening connections.</summary>
    private static readonly TimeSpan Peace = TimeSpan.FromSeconds(Math.Max(1, Duration.TotalSeconds / 100));

    private TestDatabase _database = null!;

    [SetUp]
    public async Task CreateDatabaseAsync() => _database = await TestDatabase.CreateAsync();

    [TearDown]
    public async Task DropDatabaseAsync() => await _database.DisposeAsync();

    [Test]
    public async Task Nobody_is_served_what_was_changed_before_the_bound()
    {
        await using var check = new StaleMemoryCheck(_database.ConnectionString, TimeSpan.FromSeconds(1));
        await check.StartAsync();
        for (var run = 0; run == 0 || (!IsEnough() && run < 10); run++)
        {
            await check.RunAsync(Duration, stopping => DisturbAsync(check, stopping));
        }

        await TestContext.Out.WriteLineAsync($"{check}");
        Assert.That(check.Stale.Take(5), Is.Empty, $"{check}");
        Assert.That(IsEnough(), Is.True, $"{check}");

        bool IsEnough() => check.Reads > 1000 && check.Writes > 20;
    }

    [Test]
    public async Task Changes_that_nobody_logs_are_served_and_this_test_sees_it()
    {
        // Seldom enough that a node serves an old version past the bound before it removes the entry itself.
        await using var check = new StaleMemoryCheck(_database.ConnectionString, TimeSpan.FromSeconds(1), readsToAWrite: 4_000);
        await check.StartAsync();
        for (var run = 0; run < 20 && check.Stale.IsEmpty; run++)
        {
            // A node that looks at the schema once more, as at the end of its start, switches them on again.
            await _database.ExecuteAsync("ALTER TABLE solid_cache_entries DISABLE TRIGGER USER; ALTER TABLE solid_cache_tag_removals DISABLE TRIGGER USER");
            await check.RunAsync(TimeSpan.FromSeconds(2), static _ => Task.CompletedTask);
        }

        Assert.That(check.Stale, Is.Not.Empty, $"{check}");
    }

    private async Task DisturbAsync(StaleMemoryCheck check, CancellationToken stopping)
    {
        for (var round = 0; !stopping.IsCancellationRequested; round++)
        {
            await Task.Delay(Peace, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await _database.ExecuteAsync("SELECT pg_terminate_backend(pid) FROM (SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() ORDER BY random() LIMIT 3) AS ended");
            if (round % 2 == 1)
            {
                await check.RestartAsync(round % 3);
            }
        }
    }
}
