using System.Net;
using Microsoft.Extensions.Caching.StackExchangeRedis;
using Npgsql;
using SolidCache.Postgres.Benchmarks.Load;
using SolidCache.Postgres.Benchmarks.Results;
using SolidCache.Postgres.Benchmarks.Servers;
using SolidCache.Postgres.Benchmarks.Workloads;
using StackExchange.Redis;

namespace SolidCache.Postgres.Benchmarks.Scenarios;

/// <summary>
/// Gets and sets of servers that are some way off, beside Redis as far away: of callers who wait for their answers, and of such as arrive whatever the others do.
/// In turn, round by round.
/// </summary>
internal sealed class Distance(Table table, DistanceSettings settings)
{
    private const int ValueBytes = 1_024;
    private const int WarmUpCallers = 16;
    private const int MaxQueuedCalls = 100_000;
    private readonly Dataset _data = new(KeySpace.Fixed, settings.Keys, ValueBytes);
    private readonly string _suffix = settings.IsPooled ? "-through-pgbouncer" : "";

    public async Task<IReadOnlyList<ResultTable>> RunAsync()
    {
        await Filling.AddAsync(table.Cache, _data);
        await table.SettleAsync();
        await using var pooler = settings.IsPooled ? await PgBouncer.StartAsync() : null;
        var open = new ResultTable(
            "distance" + _suffix, "Workload", "Round trip ms", "Calls/s", "Contestant", "Connections", "p50 ms", "p99 ms", "p50 ÷ Redis", "p99 ÷ Redis");
        var closed = new ResultTable(
            "distance-closed-loop" + _suffix, "Workload", "Round trip ms", "Callers", "Contestant", "Connections", "ops/s", "p50 ms", "p99 ms", "ops/s ÷ Redis");
        foreach (var delay in settings.Delays)
        {
            await MeasureAsync(delay, pooler?.Port, open, closed);
        }

        return [open, closed];
    }

    private async Task MeasureAsync(double delay, int? poolerPort, ResultTable open, ResultTable closed)
    {
        var way = TimeSpan.FromMilliseconds(delay);
        var address = new NpgsqlConnectionStringBuilder(ServerAddresses.Postgres);
        using var toPostgres = new DelayProxy(new IPEndPoint(IPAddress.Loopback, poolerPort ?? address.Port), way);
        var redisAddress = ConfigurationOptions.Parse(ServerAddresses.Redis);
        using var toRedis = new DelayProxy(redisAddress.EndPoints[0], way);
        redisAddress.EndPoints.Clear();
        redisAddress.EndPoints.Add("127.0.0.1", toRedis.Port);
        // By the delay, so that none counts connections that another left in its pool.
        var name = $"distance {delay}";
        (address.Host, address.Port, address.ApplicationName) = ("127.0.0.1", toPostgres.Port, name);
        var solid = table.CacheWith(options => (options.ConnectionString, options.MaxQueuedCalls) = (address.ConnectionString, MaxQueuedCalls));
        using var redis = new RedisCache(new RedisCacheOptions { ConfigurationOptions = redisAddress });
        await Filling.AddAsync(redis, _data);
        Contestant[] contestants =
        [
            new("SolidCache", solid, within => table.Server.CountConnectionsAsync(name, within)),
            // One for all calls; the other is for subscriptions, and idle.
            new("Redis", redis, static _ => Task.FromResult(1)),
        ];
        foreach (var workload in WorkloadList.All.Where(workload => settings.Workloads.Contains(workload.Name)))
        {
            // Once for nothing: code gets compiled, connections get opened.
            await InTurnAsync(contestants, one => new ClosedLoop(one.Cache, workload, _data, WarmUpCallers).RunAsync(settings.WarmUp, settings.Duration, one.Count));
            foreach (var rate in settings.Rates)
            {
                var rounds = await InTurnAsync(contestants, one => new OpenLoop(one.Cache, workload, _data, rate).RunAsync(settings.WarmUp, settings.DurationOf(rate), one.Count));
                foreach (var (one, round) in rounds)
                {
                    var redisRound = rounds[^1].Median;
                    open.Add(
                        $"{workload.Name}", $"{2 * delay}", $"{rate:N0}", one.Name, $"{round.Connections}", $"{round.P50 / 1_000:F3}", $"{round.P99 / 1_000:F3}",
                        $"{round.P50 / redisRound.P50:F2}", $"{round.P99 / redisRound.P99:F2}");
                    await Console.Error.WriteLineAsync(string.Join(", ", open.Rows[^1]));
                }
            }

            foreach (var callers in settings.Callers)
            {
                var rounds = await InTurnAsync(contestants, one => new ClosedLoop(one.Cache, workload, _data, callers).RunAsync(settings.WarmUp, settings.Duration, one.Count));
                foreach (var (one, round) in rounds)
                {
                    closed.Add(
                        $"{workload.Name}", $"{2 * delay}", $"{callers}", one.Name, $"{round.Connections}", $"{round.OperationsPerSecond:N0}", $"{round.P50 / 1_000:F3}",
                        $"{round.P99 / 1_000:F3}", $"{round.OperationsPerSecond / rounds[^1].Median.OperationsPerSecond:F2}");
                    await Console.Error.WriteLineAsync(string.Join(", ", closed.Rows[^1]));
                }
            }
        }
    }

    private async Task<List<(Contestant Contestant, RoundResult Median)>> InTurnAsync(Contestant[] contestants, Func<Contestant, Task<RoundResult>> measureAsync)
    {
        var measured = contestants.ToDictionary(static one => one, static _ => new List<RoundResult>());
        for (var round = 0; round < settings.Rounds; round++)
        {
            for (var turn = 0; turn < contestants.Length; turn++)
            {
                var one = contestants[(round + turn) % contestants.Length];
                measured[one].Add(await measureAsync(one));
            }
        }

        return [.. measured.Select(static pair => (pair.Key, RoundResult.MedianOf(pair.Value)))];
    }

    private sealed record Contestant(string Name, Microsoft.Extensions.Caching.Distributed.IDistributedCache Cache, Func<TimeSpan, Task<int>> Count);
}
