using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;
using SolidCache.Postgres.FaultTests.Calls;
using SolidCache.Postgres.FaultTests.Servers;

namespace SolidCache.Postgres.FaultTests.Promises;

/// <summary>How many connections a node has, whatever is asked of it, and whose they are.</summary>
[Category("Long")]
public sealed class ConnectionBounds : OneServer
{
    /// <summary>README: connections of a node.</summary>
    private const int Most = 10;

    private const string Count = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'SolidCache.Postgres'";

    [Test, CancelAfter(40_000)]
    public async Task Any_number_of_calls_of_one_verb_use_the_stated_number_of_connections([Values] bool coalescing)
    {
        var node = await StartNodeAsync(options => options.Coalescing = coalescing);
        await node.Cache.SetAsync("key:0", [1], Forever);
        foreach (var (verb, call) in ((string, Func<string, Task>)[])[
            ("exists", key => node.Cache.ExistsAsync(key)),
            ("time to live", key => node.Cache.GetTimeToLiveAsync(key)),
            ("get", key => node.Cache.GetAsync(key)),
            ("refresh", key => node.Cache.RefreshAsync(key)),
            ("set", key => node.Cache.SetAsync(key, [1], Forever)),
            ("remove", key => node.Cache.RemoveAsync(key)),
            ("removal by prefix", key => node.Cache.RemoveByPrefixAsync(key + "0")),
            ("removal by tag", key => node.Cache.RemoveByTagAsync(key)),
            ("made", key => node.Cache.GetOrCreateAsync(key, static _ => ValueTask.FromResult<byte[]>([1])).AsTask()),
            ("statistics", _ => node.Cache.GetStatisticsAsync()),
        ])
        {
            // Without coalescing each durable removal is a flush of its own.
            var calls = verb is "removal by prefix" or "removal by tag" or "statistics" ? 50 : coalescing ? 2_000 : 300;
            var (most, ended) = await MostAsync(() => Task.WhenAll(KeysOf("key:", calls).Select(key => Ended.OfAsync(() => call(key)))));
            await TestContext.Out.WriteLineAsync($"{verb}: {most} connections, {ended.MaxBy(one => one.After)}");
            Assert.That(most, Is.LessThanOrEqualTo(Most), verb);
            Assert.That(ended.Select(one => one.Error), Is.All.Null, verb);
        }
    }

    [Test, CancelAfter(40_000)]
    public async Task All_verbs_at_once_use_the_stated_number_of_connections([Values] bool coalescing)
    {
        var node = await StartNodeAsync(
            options => (options.Coalescing, options.SweepExpiredEntries, options.SweepInterval, options.OperationTimeout) = (coalescing, true, TimeSpan.FromSeconds(1), Limit * 5),
            configureServices: services => services.AddHealthChecks().AddPostgresSolidCache());
        var health = node.Services.GetRequiredService<HealthCheckService>();
        var (async, sync) = (new Verbs(node.Cache, async: true), new Verbs(node.Cache, async: false));
        using var stopping = new CancellationTokenSource(TimeSpan.FromSeconds(3));
        var errors = new ConcurrentQueue<Exception>();

        var calls = ((Func<string, Task>[])[
            key => async.GetAsync(key), key => async.SetAsync(key, new byte[1_000]), key => async.RemoveAsync(key), key => async.RefreshAsync(key),
            key => sync.GetAsync(key), key => sync.SetAsync(key, new byte[300_000]), key => sync.RemoveAsync(key), key => sync.RefreshAsync(key),
            key => node.Cache.ExistsAsync(key), key => node.Cache.GetTimeToLiveAsync(key), key => node.Cache.SetAsync(key, new byte[300_000], Forever),
            key => node.Cache.RemoveByPrefixAsync(key + "0"), key => node.Cache.RemoveByPatternAsync(key + "%0"), key => node.Cache.RemoveByTagAsync(key), _ => node.Cache.RemoveExpiredAsync(),
            _ => node.Cache.GetStatisticsAsync(), _ => health.CheckHealthAsync(),
        ]).SelectMany(call => Enumerable.Range(0, 8).Select(number => (Call: call, Key: $"key:{number}")));
        var (most, ended) = await MostAsync(() => Task.WhenAll(calls.Select(pair => CallAsync(pair.Key, pair.Call))));

        await TestContext.Out.WriteLineAsync($"{ended.Sum()} calls, {most} connections");
        Assert.That(most, Is.LessThanOrEqualTo(Most));
        Assert.That(errors, Is.Empty);

        async Task<int> CallAsync(string key, Func<string, Task> call)
        {
            var calls = 0;
            while (!stopping.IsCancellationRequested)
            {
                if ((await Ended.OfAsync(() => call(key))).Error is { } error)
                {
                    errors.Enqueue(error);
                }

                calls++;
            }

            return calls;
        }
    }

    /// <summary>Those of the application, in the pool that it shares with the cache: the cache has no reason to doubt them, and they are not its own.</summary>
    [Test, CancelAfter(40_000)]
    public async Task The_application_keeps_its_connections_while_writes_of_the_cache_run_out_of_time([Values] bool async, [Values] bool coalescing, [Values] bool isWholeTable)
    {
        await using var application = NpgsqlDataSource.Create(Server.ConnectionString + ";Application Name=SolidCache.Postgres");
        var node = await StartNodeAsync(
            options => (options.ConnectionString, options.Coalescing, options.OperationTimeout) = (null, coalescing, Limit / 2),
            configureServices: services => services.AddSingleton(application));
        var verbs = new Verbs(node.Cache, async);
        await InsertAsync("locked:", 1);
        await verbs.SetAsync("another key", [1]);
        var (own, before) = await RentAsync(application);
        await using (var other = isWholeTable
            ? await OtherTransaction.StartAsync(Server, "LOCK TABLE solid_cache_entries IN SHARE MODE")
            : await OtherTransaction.LockRowsAsync(Server, "key = 'locked:0'"))
        {
            // Long enough for a breaker to open, if it does, and to ask the server.
            for (var began = Environment.TickCount64; Environment.TickCount64 - began < 4_000;)
            {
                await Ended.OfAsync(() => verbs.SetAsync("locked:0", [2]));
                await Task.Delay(TimeSpan.FromMilliseconds(50));
            }
        }

        await Task.WhenAll(own.Select(connection => connection.CloseAsync()));
        var (again, _) = await RentAsync(application);
        await Task.WhenAll(again.Select(connection => connection.DisposeAsync().AsTask()));
        var alive = await Server.BackendPidsAsync();
        await TestContext.Out.WriteLineAsync($"{before.Except(alive).Count()} of the application's {before.Length} connections are gone");
        Assert.That(before.Except(alive), Is.Empty);
    }

    private static async Task<(NpgsqlConnection[] Connections, int[] Backends)> RentAsync(NpgsqlDataSource source)
    {
        var connections = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => source.OpenConnectionAsync().AsTask()));
        return (connections, [.. connections.Select(static connection => connection.ProcessID)]);
    }

    /// <summary>The most connections that there were while something went on.</summary>
    private async Task<(long Most, T Result)> MostAsync<T>(Func<Task<T>> work)
    {
        await using var observer = await Server.ConnectAsync();
        await using var count = new NpgsqlCommand(Count, observer);
        await count.PrepareAsync();
        var most = 0L;
        var working = Task.Run(work);
        do
        {
            most = Math.Max(most, (long)(await count.ExecuteScalarAsync())!);
            await Task.WhenAny(working, Task.Delay(1));
        }
        while (!working.IsCompleted);

        return (Math.Max(most, (long)(await count.ExecuteScalarAsync())!), await working);
    }
}
