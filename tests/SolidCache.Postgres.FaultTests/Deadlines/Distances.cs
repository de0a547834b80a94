using System.Text;
using SolidCache.Postgres.FaultTests.Calls;
using SolidCache.Postgres.FaultTests.Promises;
using SolidCache.Postgres.FaultTests.Servers;

namespace SolidCache.Postgres.FaultTests.Deadlines;

/// <summary>A server that is 4 ms away, and has up to 8 connections for reads and writes instead of 4, 6 of them for either.</summary>
public sealed class Distances : OneServer
{
    private const int Near = 4;
    private const int FarForOneKind = 6;
    private const int Far = 8;

    /// <summary>The look at the index of the tags, which goes on after the start.</summary>
    private const int Beside = 1;
    private const int Keys = 5;

    private const string Count = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'SolidCache.Postgres'";

    [CancelAfter(60_000)]
    [TestCase(true, true, true)]
    [TestCase(true, false, false)]
    [TestCase(false, true, false)]
    [TestCase(false, false, true)]
    public async Task Calls_leave_on_more_connections_while_others_are_away_and_on_no_more_than_6(bool isRead, bool async, bool coalescing)
    {
        await using var proxy = new TcpProxy(Server.Port) { Traffic = Traffic.Distant };
        var node = await StartNodeAsync(
            options => (options.Coalescing, options.OperationTimeout) = (coalescing, 10 * Limit), Cluster.ConnectionStringOn(proxy.Port));
        await InsertAsync("key:", Keys);
        var verbs = new Verbs(node.Cache, async);

        await ArriveUntilFarAsync(number => isRead ? verbs.GetAsync($"key:{number % Keys}") : verbs.SetAsync($"key:{number % 500}", [1]));

        Assert.That(await Server.ScalarAsync<long>(Count), Is.InRange(Near + 1, FarForOneKind + Beside));
    }

    [Test, CancelAfter(60_000)]
    public async Task Reads_and_writes_share_them()
    {
        await using var proxy = new TcpProxy(Server.Port) { Traffic = Traffic.Distant };
        var node = await StartNodeAsync(static options => options.OperationTimeout = 10 * Limit, Cluster.ConnectionStringOn(proxy.Port));
        await InsertAsync("key:", Keys);

        await ArriveUntilFarAsync(number => number % 2 == 0 ? node.Cache.GetAsync($"key:{number % Keys}") : node.Cache.SetAsync($"set:{number % 500}", [1], Forever));

        Assert.That(await Server.ScalarAsync<long>(Count), Is.InRange(Near + 1, Far + Beside));
    }

    [Test, CancelAfter(60_000)]
    public async Task One_connection_for_each_kind_stays_one()
    {
        await using var proxy = new TcpProxy(Server.Port) { Traffic = Traffic.Distant };
        var node = await StartNodeAsync(
            static options => (options.ReadConnections, options.WriteConnections, options.OperationTimeout) = (1, 1, 20 * Limit), Cluster.ConnectionStringOn(proxy.Port));
        await InsertAsync("key:", Keys);

        var ended = await ArriveAsync(500, number => node.Cache.GetAsync($"key:{number % Keys}"));

        Assert.That(ended.Select(static one => one.Error), Is.All.Null);
        Assert.That(await Server.ScalarAsync<long>(Count), Is.InRange(1, 1 + Beside));
    }

    [Test, CancelAfter(60_000)]
    public async Task The_last_write_of_a_key_is_what_is_left([Values] bool coalescing)
    {
        const int Writes = 1_500;
        await using var proxy = new TcpProxy(Server.Port) { Traffic = Traffic.Distant };
        var node = await StartNodeAsync(
            options => (options.Coalescing, options.OperationTimeout) = (coalescing, 20 * Limit), Cluster.ConnectionStringOn(proxy.Port));
        await Server.ExecuteAsync(
            """
            DROP TABLE IF EXISTS public.written;
            CREATE TABLE public.written (key text, number int, at bigserial);
            CREATE OR REPLACE FUNCTION public.note() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN INSERT INTO public.written (key, number) VALUES (NEW.key, convert_from(NEW.value, 'UTF8')::int); RETURN NULL; END $$;
            CREATE TRIGGER note AFTER INSERT OR UPDATE ON solid_cache_entries FOR EACH ROW EXECUTE FUNCTION public.note();
            """);

        var ended = await ArriveAsync(Writes, number => node.Cache.SetAsync($"key:{number % Keys}", Encoding.UTF8.GetBytes($"{number}"), Forever));

        Assert.That(ended.Select(static one => one.Error), Is.All.Null);
        Assert.That(
            await Server.ScalarAsync<long>("SELECT count(*) FROM (SELECT number < lag(number) OVER (PARTITION BY key ORDER BY at) AS wrong FROM public.written) AS every WHERE wrong"),
            Is.Zero,
            "In the order of their calls.");
        Assert.That(
            await Server.ScalarAsync<long>("SELECT min(convert_from(value, 'UTF8')::int)::bigint FROM solid_cache_entries"),
            Is.EqualTo(Writes - Keys));
    }

    /// <summary>Six batches may be away then, which would be more failures in a row than a breaker lets pass.</summary>
    [Test, CancelAfter(60_000)]
    public async Task One_blow_that_breaks_all_connections_fails_what_is_under_way_and_refuses_nothing_else()
    {
        await using var proxy = new TcpProxy(Server.Port) { Traffic = Traffic.Distant };
        var node = await StartNodeAsync(static options => (options.Coalescing, options.OperationTimeout) = (false, 10 * Limit), Cluster.ConnectionStringOn(proxy.Port));
        await ArriveUntilFarAsync(number => node.Cache.SetAsync($"key:{number % 500}", [1], Forever));
        for (var blow = 0; blow < 5; blow++)
        {
            var calls = ArriveAsync(1_000, number => node.Cache.SetAsync($"key:{number % 500}", [1], Forever));
            await Task.Delay(300);
            await Server.EndBackendsAsync();

            var errors = (await calls).Select(static one => one.Error).OfType<Exception>().ToList();
            await TestContext.Out.WriteLineAsync($"{errors.Count} of 1,000 failed");
            Assert.That(errors, Has.None.TypeOf<SolidCacheException>());
        }
    }

    /// <summary>Until the cache has seen that the server is far, and for a while longer.</summary>
    private async Task ArriveUntilFarAsync(Func<int, Task> call)
    {
        for (var (times, after) = (0, 2); times < 20 && after > 0; times++)
        {
            Assert.That((await ArriveAsync(1_000, call)).Select(static one => one.Error), Is.All.Null);
            after -= await Server.ScalarAsync<long>(Count) > Near + Beside ? 1 : 0;
        }
    }

    /// <summary>Calls that come whatever becomes of the others, a thousand a second or as many as the machine has time for.</summary>
    private static async Task<Ended[]> ArriveAsync(int calls, Func<int, Task> call)
    {
        var all = new List<Task<Ended>>();
        for (var number = 0; number < calls; number++)
        {
            var one = number;
            all.Add(Ended.OfAsync(() => call(one)));
            if (number % 2 == 0)
            {
                await Task.Delay(1);
            }
        }

        return await Task.WhenAll(all);
    }
}
