using System.Diagnostics;
using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.DependencyInjection;
using SolidCache.Postgres.IntegrationTests.Hybrid;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.FaultTests.Promises;

/// <summary>HybridCache on a server that hangs or is away: a caller waits for <c>ReadBudget</c>, and nobody is served what could not be confirmed for longer than <c>MaxStaleness</c>.</summary>
public sealed class HybridMemory : OneServer
{
    private static readonly TimeSpan Budget = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(2);

    [Test, CancelAfter(60_000)]
    public async Task A_server_that_hangs_costs_a_call_the_budget_and_its_factory_runs()
    {
        var node = await StartHybridAsync();
        await GetAsync(node, "remembered", "old");
        Server.Freeze();
        var frozen = Stopwatch.GetTimestamp();
        Assert.That(await GetAsync(node, "remembered", "new"), Is.EqualTo("old"), "Memory is served still.");

        var first = await Task.WhenAll(Enumerable.Range(0, 20).Select(number => TimeAsync(async () => Assert.That(await GetAsync(node, $"hung:{number}", "made"), Is.EqualTo("made")))));
        var same = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => TimeAsync(async () => Assert.That(await GetAsync(node, "hung", "made"), Is.EqualTo("made")))));
        await Task.Delay(Bound - Stopwatch.GetElapsedTime(frozen) is var rest && rest > TimeSpan.Zero ? rest + TimeSpan.FromMilliseconds(500) : TimeSpan.Zero);
        Assert.That(await GetAsync(node, "remembered", "new"), Is.EqualTo("new"), "Nobody can say that it is true still.");
        Assert.That(async () => await Of(node).RemoveAsync("remembered"), Throws.InstanceOf<Exception>());
        Server.Thaw();

        await TestContext.Out.WriteLineAsync($"at most {first.Max().TotalSeconds:F2} s and {same.Max().TotalSeconds:F2} s");
        Assert.That(first, Is.All.LessThan(Budget + TimeSpan.FromSeconds(0.5)));
        Assert.That(same, Is.All.LessThan(Budget + TimeSpan.FromSeconds(0.5)));
        await Eventually.TrueAsync(async () => await GetAsync(node, "remembered", "later") == await GetAsync(node, "remembered", "latest"), "it is cached again");
    }

    [Test, CancelAfter(60_000)]
    public async Task A_server_that_hangs_while_the_factory_runs_costs_one_budget_more([Values] bool fails)
    {
        var node = await StartHybridAsync();
        await GetAsync(node, "before", "made");
        var took = TimeSpan.Zero;
        var call = Of(node).GetOrCreateAsync<string>("hangs", async token =>
        {
            Server.Freeze();
            // Longer than between two renewals of its lease.
            await Task.Delay(2000, token);
            took = TimeSpan.FromTicks(Stopwatch.GetTimestamp() * TimeSpan.TicksPerSecond / Stopwatch.Frequency);
            return fails ? throw new InvalidCastException() : "made";
        }).AsTask();
        if (fails)
        {
            Assert.That(async () => await call, Throws.InstanceOf<InvalidCastException>());
        }
        else
        {
            Assert.That(await call, Is.EqualTo("made"));
        }

        var after = TimeSpan.FromTicks(Stopwatch.GetTimestamp() * TimeSpan.TicksPerSecond / Stopwatch.Frequency) - took;
        Server.Thaw();
        await TestContext.Out.WriteLineAsync($"{after.TotalSeconds:F2} s after the factory");
        Assert.That(after, Is.LessThan(Budget + TimeSpan.FromSeconds(0.3)));
    }

    [Test, CancelAfter(60_000)]
    public async Task A_set_that_is_dropped_is_not_remembered()
    {
        var node = await StartHybridAsync(static options => options.FailureMode = SolidCacheFailureMode.Degrade);
        var other = await StartHybridAsync();
        await GetAsync(node, "before", "made");
        await Server.StopFastAsync();
        await Of(node).SetAsync("dropped", "lost");
        await Server.StartAsync();
        await node.Services.GetRequiredService<ISolidCacheInvalidations>().WaitUntilCurrentAsync();
        await Eventually.TrueAsync(async () =>
        {
            await Of(other).SetAsync("dropped", "stored");
            return await other.Cache.ExistsAsync("dropped");
        }, "the other node stores it");

        await Eventually.TrueAsync(async () => await GetAsync(node, "dropped", "made") == "stored", "the node reads what another has stored", TimeSpan.FromSeconds(10));
    }

    /// <summary>A server that was shut down keeps unlogged tables, and so does the copy of its folder: the log of changes is the same, of an earlier time.</summary>
    [Test, CancelAfter(60_000)]
    public async Task A_backup_of_the_servers_folder_that_is_put_back_is_what_everybody_reads()
    {
        var node = await StartHybridAsync();
        await Of(node).SetAsync("key", "before the backup");
        await Server.StopFastAsync();
        var backup = $"{Server.Data}.backup";
        await DataFolder.CopyAsync(Server.Data, backup);
        await Server.StartAsync();
        var changes = node.Services.GetRequiredService<ISolidCacheInvalidations>();
        await changes.WaitUntilCurrentAsync();
        var isTold = new TaskCompletionSource();
        using (changes.Subscribe(_ => isTold.TrySetResult()))
        {
            await Server.ExecuteAsync("DELETE FROM solid_cache_entries");
            await isTold.Task;
        }

        await Eventually.TrueAsync(async () => await GetAsync(node, "key", "after it") == "after it", "it is made anew, and remembered");
        await Server.StopFastAsync();
        Directory.Delete(Server.Data, recursive: true);
        Directory.Move(backup, Server.Data);
        await Server.StartAsync();
        await changes.WaitUntilCurrentAsync();

        await Eventually.TrueAsync(async () => await GetAsync(node, "key", "made") == "before the backup", "the node reads what the table holds");
    }

    [Test, CancelAfter(120_000)]
    public async Task Nobody_is_served_what_was_changed_before_the_bound_while_the_server_or_one_backend_stands_still()
    {
        await Server.ExecuteAsync("DROP TABLE IF EXISTS data");
        await using var check = new StaleMemoryCheck(Server.ConnectionString, TimeSpan.FromSeconds(1));
        await check.StartAsync();
        await check.RunAsync(TimeSpan.FromSeconds(16), async stopping =>
        {
            for (var round = 0; !stopping.IsCancellationRequested; round++)
            {
                await Task.Delay(700, CancellationToken.None);
                if (round % 3 == 0)
                {
                    Server.Freeze();
                }
                else
                {
                    // A node's reader or listener, or somebody else.
                    Array.ForEach(Random.Shared.GetItems(await Server.BackendPidsAsync(), 4), Server.Freeze);
                }

                await Task.Delay(1800, CancellationToken.None);
                Server.Thaw();
            }
        });

        await TestContext.Out.WriteLineAsync($"{check}");
        Assert.That(check.Stale.Take(5), Is.Empty, $"{check}");
        Assert.That((check.Reads > 1000, check.Writes > 20), Is.EqualTo((true, true)), $"{check}");
    }

    private static HybridCache Of(CacheHost node) => node.Services.GetRequiredService<HybridCache>();

    private static async Task<string> GetAsync(CacheHost node, string key, string made) => await Of(node).GetOrCreateAsync(key, _ => ValueTask.FromResult(made));

    private static async Task<TimeSpan> TimeAsync(Func<Task> call)
    {
        var began = Stopwatch.GetTimestamp();
        await call();
        return Stopwatch.GetElapsedTime(began);
    }

    private async Task<CacheHost> StartHybridAsync(Action<PostgresSolidCacheOptions>? configure = null)
    {
        var node = await StartNodeAsync(
            options =>
            {
                options.OperationTimeout = TimeSpan.FromSeconds(5);
                (options.Hybrid.ReadBudget, options.Invalidation.MaxStaleness) = (Budget, Bound);
                configure?.Invoke(options);
            },
            configureServices: static services => services.AddPostgresSolidHybridCache());
        await node.Services.GetRequiredService<ISolidCacheInvalidations>().WaitUntilCurrentAsync();
        return node;
    }
}
