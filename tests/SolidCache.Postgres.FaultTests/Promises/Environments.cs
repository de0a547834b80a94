using System.Buffers;
using System.Transactions;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SolidCache.Postgres.FaultTests.Calls;

namespace SolidCache.Postgres.FaultTests.Promises;

/// <summary>What callers bring with them, and what they do with a cache that others use at the same time.</summary>
public sealed class Environments : OneServer
{
    private static readonly TimeSpan Slowness = TimeSpan.FromSeconds(3);

    /// <summary>A transaction of the application's that is never completed, in which the server takes part by a connection of the same pool.</summary>
    [Test, CancelAfter(30_000)]
    public async Task A_transaction_scope_around_all_verbs_undoes_nothing_and_holds_up_nobody([Values] bool flows, [Values] bool isShared, [Values] bool coalescing)
    {
        await using var source = NpgsqlDataSource.Create(Server.ConnectionString + ";Application Name=SolidCache.Postgres;Maximum Pool Size=12;Enlist=true");
        var node = await StartNodeAsync(
            options => options.Coalescing = coalescing, isShared ? null : Server.ConnectionString + ";Enlist=true", services => _ = isShared ? services.AddSingleton(source) : services);
        var cache = node.Cache;
        await InsertDueAsync(4);
        await InsertAsync("removed:", 4);
        var calls = new List<Ended>();

        // On a thread of its own, on which a scope that does not flow begins and ends.
        await Verb.OnAThread(() =>
        {
            using var scope = new TransactionScope(
                TransactionScopeOption.Required,
                new TransactionOptions { IsolationLevel = IsolationLevel.Serializable },
                flows ? TransactionScopeAsyncFlowOption.Enabled : TransactionScopeAsyncFlowOption.Suppress);
            using var own = source.OpenConnection();
            using var statement = new NpgsqlCommand("DELETE FROM solid_cache_entries WHERE key = 'of the application'", own);
            statement.ExecuteNonQuery();
            calls.Add(Ended.OfAsync(() => Blocking(() => cache.Set("set", [1], Forever))).GetAwaiter().GetResult());
            calls.Add(Ended.OfAsync(() => Blocking(() => cache.Get("due:0"))).GetAwaiter().GetResult());
            calls.Add(Ended.OfAsync(() => Blocking(() => cache.Refresh("due:1"))).GetAwaiter().GetResult());
            calls.Add(Ended.OfAsync(() => Blocking(() => cache.Remove("removed:0"))).GetAwaiter().GetResult());
            calls.AddRange(Ended.OfAllAsync(Verb.All.Select(verb => (Func<Task>)(() => verb.CallAsync(cache, $"none:{verb}", CancellationToken.None)))).GetAwaiter().GetResult());
            calls.AddRange(Ended.OfAllAsync((Func<Task>[])[
                () => cache.SetAsync("set async", [1], Forever),
                () => cache.RemoveAsync("removed:1"),
                () => cache.RemoveByPrefixAsync("removed:2"),
            ]).GetAwaiter().GetResult());
            // Others wait for nothing that was called in there.
            using (new TransactionScope(TransactionScopeOption.Suppress))
            {
                calls.Add(Ended.OfAsync(() => cache.SetAsync("set", [2], Forever)).GetAwaiter().GetResult());
            }
        });

        await TestContext.Out.WriteLineAsync($"{calls.Count} calls; {calls.MaxBy(call => call.After)}");
        using (Assert.EnterMultipleScope())
        {
            AssertDoneAtOnce(calls, "It is none of theirs.");
            Assert.That(await CountAsync("key IN ('set', 'set async')"), Is.EqualTo(2));
            Assert.That(await CountAsync("key IN ('removed:0', 'removed:1', 'removed:2')"), Is.Zero);
            Assert.That(await CountAsync("key = 'set' AND value = '\\x02'"), Is.EqualTo(1));
            AssertNoOutage(node);
        }
    }

    [Test, CancelAfter(40_000)]
    public async Task A_buffer_that_takes_its_time_holds_up_its_own_caller_only([Values] bool async, [Values] bool coalescing)
    {
        var node = await StartNodeAsync(options => (options.Coalescing, options.ReadConnections) = (coalescing, 1));
        var verbs = new Verbs(node.Cache, async);
        await node.Cache.SetAsync("key", new byte[10_000], Forever);

        // Who is slow takes a thread of the pool for it, and others need one too.
        ThreadPool.GetMinThreads(out var threads, out var ports);
        ThreadPool.SetMinThreads(Math.Max(threads, 32), ports);

        // In the same batches as others, which ask for the same key or for another.
        var others = new List<Task<Ended>>();
        var slow = new List<Task<Ended>>();
        for (var number = 0; number < 4; number++)
        {
            slow.Add(Ended.OfAsync(() => async ? node.Cache.TryGetAsync("key", new SlowBuffer()).AsTask() : Verb.OnAThread(() => node.Cache.TryGet("key", new SlowBuffer()))));
            others.AddRange(Enumerable.Range(0, 10).Select(other => Ended.OfAsync(() => verbs.GetAsync(other % 2 == 0 ? "key" : $"none:{other}"))));
            others.Add(Ended.OfAsync(() => verbs.SetAsync($"other:{number}", [1])));
        }

        await Task.Delay(TimeSpan.FromMilliseconds(300));
        others.AddRange(Enumerable.Range(0, 10).Select(_ => Ended.OfAsync(() => verbs.GetAsync("key"))));
        var (quick, late) = (await Task.WhenAll(others), await Task.WhenAll(slow));

        await TestContext.Out.WriteLineAsync($"slow: {late.MaxBy(call => call.After)}; others: {quick.MaxBy(call => call.After)}");
        using (Assert.EnterMultipleScope())
        {
            AssertDoneAtOnce(quick, "Their own buffers are quick.");
            Assert.That(late.Select(call => call.After), Is.All.GreaterThan(Slowness - TimeSpan.FromSeconds(0.5)));
            Assert.That(late.Select(call => call.Error), Is.All.Null, "It has its answer in time, and takes it as slowly as it likes.");
            AssertNoOutage(node);
        }
    }

    /// <summary>The provider, the host's services and whoever holds the cache, by both ways, at once and again.</summary>
    [Test, CancelAfter(40_000)]
    public async Task A_cache_that_is_disposed_by_many_at_once_ends_once_and_carries_out_what_was_called([Values] bool coalescing)
    {
        for (var round = 0; round < 5; round++)
        {
            var services = new ServiceCollection();
            services.AddPostgresSolidCache(options =>
                (options.ConnectionString, options.Coalescing, options.OperationTimeout, options.SweepExpiredEntries) = (Server.ConnectionString, coalescing, Limit, false));
            var provider = services.BuildServiceProvider();
            var cache = provider.GetRequiredService<ISolidCache>();
            var set = Ended.OfAllAsync(KeysOf($"key:{round}:", 40).Select(key => (Func<Task>)(() => cache.SetAsync(key, [1], Forever))));
            using var gate = new Barrier(6);
            var disposals = Enumerable.Range(0, 6).Select(number => Ended.OfAsync(() => Verb.OnAThread(() =>
            {
                gate.SignalAndWait();
                switch (number % 3)
                {
                    case 0:
                        provider.Dispose();
                        break;
                    case 1:
                        provider.DisposeAsync().AsTask().GetAwaiter().GetResult();
                        break;
                    default:
                        (cache as IDisposable)?.Dispose();
                        break;
                }
            }))).ToArray();

            var ends = await Task.WhenAll(disposals);
            await provider.DisposeAsync();
            using (Assert.EnterMultipleScope())
            {
                AssertWithinLimit([.. ends, .. await set]);
                Assert.That(ends.Select(end => end.Error), Is.All.Null, "Who comes second has nothing to do.");
                Assert.That((await set).Select(end => end.Error), Is.All.Null.Or.InstanceOf<ObjectDisposedException>());
                Assert.That(await CountAsync($"key LIKE 'key:{round}:%'"), Is.EqualTo((await set).Count(end => end.Error is null)), "What was acknowledged is there.");
                Assert.That((await Ended.OfAsync(() => cache.GetAsync("key"))).Error, Is.InstanceOf<ObjectDisposedException>());
            }
        }

        await EndConnectionsAsync();
    }

    /// <summary>On the thread, and in the transaction, of whoever calls it.</summary>
    private static Task Blocking(Action call)
    {
        call();
        return Task.CompletedTask;
    }

    private sealed class SlowBuffer : IBufferWriter<byte>
    {
        private readonly ArrayBufferWriter<byte> _buffer = new();

        public void Advance(int count) => _buffer.Advance(count);

        public Memory<byte> GetMemory(int sizeHint = 0)
        {
            Thread.Sleep(Slowness);
            return _buffer.GetMemory(sizeHint);
        }

        public Span<byte> GetSpan(int sizeHint = 0)
        {
            Thread.Sleep(Slowness);
            return _buffer.GetSpan(sizeHint);
        }
    }
}
