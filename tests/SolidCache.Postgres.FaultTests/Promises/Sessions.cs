using System.Text;
using Microsoft.AspNetCore.Session;
using Microsoft.Extensions.Logging.Abstractions;
using SolidCache.Postgres.FaultTests.Servers;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.FaultTests.Promises;

/// <summary>
/// ASP.NET Core's sessions in a cache that degrades: a request reads its session, adds to it, and writes it back. One that finds nothing begins a new
/// one, which must not take the place of the session that was only out of reach.
/// </summary>
[Category("Long")]
public sealed class Sessions : OneServer
{
    private const int Count = 400;
    private const int Workers = 16;
    private static readonly TimeSpan Idle = TimeSpan.FromMinutes(20);
    private static readonly TimeSpan Away = TimeSpan.FromSeconds(3);

    [TestCase(nameof(Traffic.Refused), true, true, 0)]
    [TestCase(nameof(Traffic.Refused), true, false, 0)]
    [TestCase(nameof(Traffic.Refused), false, true, 0)]
    [TestCase(nameof(Traffic.Swallowed), true, true, 0)]
    [TestCase(nameof(Traffic.Refused), true, true, Workers)]
    [TestCase(nameof(Traffic.Swallowed), false, false, Workers)]
    public async Task No_session_loses_its_content_while_the_server_is_away(string fault, bool coalescing, bool loaded, int underWay)
    {
        await using var network = new TcpProxy(Server.Port);
        var swallowed = 0;
        await using var node = await StartNodeAsync(
            options =>
            {
                (options.Coalescing, options.FailureMode) = (coalescing, SolidCacheFailureMode.Degrade);
                options.OnDegraded = _ => Interlocked.Increment(ref swallowed);
            },
            Cluster.ConnectionStringOn(network.Port));
        var store = new DistributedSessionStore(node.Cache, NullLoggerFactory.Instance);
        for (var number = 0; number < Count; number++)
        {
            var session = Open(store, number);
            session.Set("name", Encoding.UTF8.GetBytes($"user {number}"));
            await session.CommitAsync();
        }

        using var stopping = new CancellationTokenSource();
        using var gate = new SemaphoreSlim(Workers);
        var visits = 0;
        var requests = Task.WhenAll(Enumerable.Range(0, Workers).Select(worker => Task.Run(async () =>
        {
            var random = new Random(worker);
            while (!stopping.IsCancellationRequested)
            {
                await gate.WaitAsync();
                await VisitAsync(store, random.Next(Count), loaded);
                gate.Release();
                Interlocked.Increment(ref visits);
            }
        })));
        await Task.Delay(TimeSpan.FromMilliseconds(300));
        // A session that has been read, and whose write the outage meets, may be gone, as its old content must not come back. No other.
        for (var request = underWay; request < Workers; request++)
        {
            await gate.WaitAsync();
        }

        network.Traffic = Enum.Parse<Traffic>(fault);
        if (underWay < Workers)
        {
            gate.Release(Workers - underWay);
        }

        await Task.Delay(Away);
        network.Traffic = Traffic.Normal;
        var before = swallowed;
        Assert.That(before, Is.Positive);
        // Until nothing was swallowed for as long as a breaker may wait before it looks again, and what was to be compensated is.
        do
        {
            before = swallowed;
            await Task.Delay(TimeSpan.FromSeconds(2.5));
        }
        while (swallowed != before);
        await stopping.CancelAsync();
        await requests.WaitAsync(TimeSpan.FromSeconds(30));

        await using var other = await StartNodeAsync();
        var (there, lost) = (new DistributedSessionStore(other.Cache, NullLoggerFactory.Instance), 0);
        for (var number = 0; number < Count; number++)
        {
            var session = Open(there, number);
            await session.LoadAsync();
            lost += session.TryGetValue("name", out var name) && Encoding.UTF8.GetString(name) == $"user {number}" ? 0 : 1;
        }

        await TestContext.Out.WriteLineAsync($"{visits} visits, {swallowed} calls swallowed, {lost} of {Count} sessions lost.");
        Assert.That(lost, Is.LessThanOrEqualTo(underWay));
    }

    [Test]
    public async Task A_set_after_a_swallowed_miss_of_its_key_replaces_nothing([Values] bool coalescing)
    {
        await using var network = new TcpProxy(Server.Port);
        await using var node = await StartNodeAsync(
            options => (options.Coalescing, options.FailureMode) = (coalescing, SolidCacheFailureMode.Degrade), Cluster.ConnectionStringOn(network.Port));
        await node.Cache.SetAsync("key", [1], Forever);
        network.Traffic = Traffic.Refused;
        await Eventually.TrueAsync(async () => await node.Cache.GetAsync("key") is null, "a read is swallowed");

        // By whichever breaker: the application has read nothing, and writes what follows from that.
        network.Traffic = Traffic.Normal;
        await node.Cache.SetAsync("key", [2], Forever);

        await Eventually.TrueAsync(async () => await node.Cache.GetAsync("key") is [1], "what was out of reach is read again", TimeSpan.FromSeconds(10));
        await node.Cache.SetAsync("key", [3], Forever);
        Assert.That(await node.Cache.GetAsync("key"), Is.EqualTo((byte[])[3]), "Who has read may write.");
    }

    private static Microsoft.AspNetCore.Http.ISession Open(ISessionStore store, int number) =>
        store.Create($"session:{number}", Idle, TimeSpan.FromSeconds(5), () => true, isNewSessionKey: false);

    /// <summary>A request: loads its session at its beginning, or when it first asks for something, which blocks.</summary>
    private static async Task VisitAsync(ISessionStore store, int number, bool loaded)
    {
        var session = Open(store, number);
        if (loaded)
        {
            await session.LoadAsync();
        }

        var visits = session.TryGetValue("visits", out var count) ? BitConverter.ToInt32(count) : 0;
        session.Set("visits", BitConverter.GetBytes(visits + 1));
        await session.CommitAsync();
        await Task.Delay(1);
    }
}
