using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SolidCache.Postgres.FaultTests.Calls;
using SolidCache.Postgres.FaultTests.Promises;
using SolidCache.Postgres.FaultTests.Servers;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.FaultTests.Deadlines;

/// <summary>Every call ends within its limit, whatever it waits for.</summary>
public sealed class Limits : OneServer
{
    private static readonly string[] KeyVerbs = ["get", "set", "refresh", "remove", "buffered get", "exists", "time to live"];

    /// <summary>Nothing is prepared yet, which has a limit of its own in Npgsql: that of the connection string.</summary>
    [TestCase("own", "", true)]
    [TestCase("own", "", false)]
    [TestCase("own", ";Command Timeout=0", true)]
    [TestCase("own", ";Command Timeout=0", false)]
    [TestCase("application's", "", true)]
    [TestCase("application's", "", false)]
    [TestCase("application's", ";Command Timeout=0;Timeout=0;Cancellation Timeout=-1", true)]
    [TestCase("application's", ";Command Timeout=0;Timeout=0;Cancellation Timeout=-1", false)]
    [CancelAfter(30_000)]
    public async Task A_first_call_that_meets_a_locked_table_keeps_its_limit(string source, string settings, bool coalescing)
    {
        await using var application = NpgsqlDataSource.Create(Server.ConnectionString + settings);
        var node = await StartUnpreparedAsync(Server.ConnectionString + settings, source == "own" ? null : application, coalescing);
        await using var other = await OtherTransaction.StartAsync(Server, "LOCK TABLE solid_cache_entries");

        AssertOutOfTime(await OneOfEachAsync(node.Cache));
    }

    [TestCase("own", "", true)]
    [TestCase("own", "", false)]
    [TestCase("application's", ";Command Timeout=0;Timeout=0;Cancellation Timeout=-1", true)]
    [TestCase("application's", ";Command Timeout=0;Timeout=0;Cancellation Timeout=-1", false)]
    [CancelAfter(40_000)]
    public async Task A_first_call_to_a_silent_server_keeps_its_limit(string source, string settings, bool coalescing)
    {
        await using var proxy = new TcpProxy(Server.Port);
        var connectionString = Cluster.ConnectionStringOn(proxy.Port) + settings;
        await using var application = NpgsqlDataSource.Create(connectionString);
        var node = await StartUnpreparedAsync(connectionString, source == "own" ? null : application, coalescing);
        proxy.Traffic = Traffic.Held;

        var calls = await OneOfEachAsync(node.Cache);
        proxy.Traffic = Traffic.Normal;
        AssertOutOfTime(calls);
    }

    /// <summary>Whatever kind of call is in front of it: a turn of a key has no more time than the call that waits for it.</summary>
    [Test, CancelAfter(40_000)]
    public async Task A_call_behind_another_of_its_key_keeps_its_limit_on_a_frozen_server([Values] bool firstIsAsync, [Values] bool secondIsAsync, [Values] bool coalescing)
    {
        var node = await StartNodeAsync(options => options.Coalescing = coalescing);
        var (first, second) = (new Verbs(node.Cache, firstIsAsync), new Verbs(node.Cache, secondIsAsync));
        await first.SetAsync("key", [1]);
        await second.SetAsync("key", [1]);
        Server.Freeze();

        var calls = new List<Task<Ended>> { Ended.OfAsync(() => first.SetAsync("key", [2])) };
        // Each comes while all before it wait.
        foreach (var verbs in (Verbs[])[second, first, second])
        {
            await Task.Delay(Limit / 5);
            calls.Add(Ended.OfAsync(() => verbs.SetAsync("key", [3])));
            calls.Add(Ended.OfAsync(() => verbs.RemoveAsync("key")));
        }

        var ended = await Task.WhenAll(calls);
        Server.Thaw();
        await TestContext.Out.WriteLineAsync($"{ended.MaxBy(call => call.After)}");
        Assert.That(ended.Select(call => call.Error), Is.All.Not.Null);
        AssertWithinLimit(ended);
    }

    [Test, CancelAfter(40_000)]
    public async Task Writes_of_locked_rows_that_come_one_after_the_other_keep_their_limits([Values] bool async, [Values] bool coalescing)
    {
        var node = await StartNodeAsync(options => options.Coalescing = coalescing);
        var verbs = new Verbs(node.Cache, async);
        await verbs.SetAsync("another key", [1]);
        await InsertAsync("locked:", 40);
        await using var other = await OtherTransaction.LockRowsAsync(Server, "key LIKE 'locked:%'");

        var calls = new List<Task<Ended>>();
        var free = new List<Ended>();
        foreach (var pair in KeysOf("locked:", 40).Chunk(2))
        {
            calls.AddRange(pair.Select(key => Ended.OfAsync(() => verbs.SetAsync(key, [2]))));
            free.Add(await Ended.OfAsync(() => verbs.SetAsync("another key", [2])));
            await Task.Delay(Limit / 8);
        }

        var ended = await Task.WhenAll(calls);
        await TestContext.Out.WriteLineAsync($"locked: {ended.MaxBy(call => call.After)}; free: {free.MaxBy(call => call.After)}");
        using (Assert.EnterMultipleScope())
        {
            AssertWithinLimit(ended);
            Assert.That(ended.Select(call => call.Error), Is.All.InstanceOf<TimeoutException>());
            AssertDoneAtOnce(free, "Its row is free.");
            AssertNoOutage(node);
        }
    }

    /// <summary>What waits for one row is answered one by one, and no stack is as deep as a queue is long.</summary>
    [Test, CancelAfter(60_000)]
    public async Task Sixty_thousand_writes_of_one_key_whose_row_is_locked_end_with_an_error_each([Values] bool coalescing)
    {
        const int Writes = 60_000;
        await InsertAsync("locked:", 1);
        await using var other = await OtherTransaction.LockRowsAsync(Server, "true");
        // In a process of its own, which the one of the tests would end with.
        using var node = await NodeProcess.StartAsync(
            Server.ConnectionString, $"--Flood={Writes}", "--Key=locked:0", $"--Cache:Coalescing={coalescing}", "--Cache:MaxQueuedCalls=1000000", $"--Cache:OperationTimeout={Limit * 3}");

        var told = await node.LineAsync("flood ", TimeSpan.FromSeconds(30));
        await TestContext.Out.WriteLineAsync(told);
        Assert.That(told, Does.Contain($"failed {Writes}"));
        await other.RollBackAsync();
        Assert.That((await node.TerminateAsync(TimeSpan.FromSeconds(15))).ExitCode, Is.Zero);
    }

    private static void AssertOutOfTime(Ended[] calls) =>
        Assert.Multiple(() =>
        {
            AssertWithinLimit(calls);
            // Who comes while the first run out of time may be refused.
            Assert.That(calls.Select(call => call.Error), Is.All.InstanceOf<TimeoutException>().Or.InstanceOf<SolidCacheException>());
        });

    /// <summary>Each verb at the same moment, of a key of its own.</summary>
    private static async Task<Ended[]> OneOfEachAsync(ISolidCache cache)
    {
        var ended = await Task.WhenAll(((bool[])[false, true]).SelectMany(async => KeyVerbs.Select(verb => Ended.OfAsync(() => CallAsync(cache, async, verb)))));
        await TestContext.Out.WriteLineAsync(string.Join('\n', KeyVerbs.Concat(KeyVerbs).Zip(ended, (verb, call) => $"{verb}: {call}")));
        return ended;
    }

    private static Task CallAsync(ISolidCache cache, bool async, string verb)
    {
        var (verbs, key) = (new Verbs(cache, async), $"{verb} {async}");
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        return verb switch
        {
            "get" => verbs.GetAsync(key),
            "set" => verbs.SetAsync(key, [1]),
            "refresh" => verbs.RefreshAsync(key),
            "remove" => verbs.RemoveAsync(key),
            "buffered get" => async ? cache.TryGetAsync(key, buffer).AsTask() : Verb.OnAThread(() => cache.TryGet(key, buffer)),
            "exists" => cache.ExistsAsync(key),
            _ => cache.GetTimeToLiveAsync(key),
        };
    }

    private Task<CacheHost> StartUnpreparedAsync(string connectionString, NpgsqlDataSource? application, bool coalescing) => StartNodeAsync(
        options => (options.Coalescing, options.ConnectionString) = (coalescing, application is null ? connectionString : null),
        connectionString,
        services =>
        {
            if (application is not null)
            {
                services.AddSingleton(application);
            }
        });
}
