using System.Buffers;
using Microsoft.Extensions.Time.Testing;
using SolidCache.Postgres.Dispatch;
using SolidCache.Postgres.Entries;
using SolidCache.Postgres.Resilience;

namespace SolidCache.Postgres.Tests.Resilience;

/// <summary>A store that throws when its server is away, and one that degrades, over the same server and the same breakers.</summary>
internal sealed class ResilientUnderTest : IDisposable
{
    public ResilientUnderTest()
    {
        (Reads, Writes, Room) = (Breaker(), Breaker(), Breaker());
        Degradation = new Degradation(RemoveStale, (operation, error) => Told.Add((operation, error)), Time);
        Throwing = new ResilientEntryStore(Server, Reads, Writes, Room, degradation: null, AwayDatabase.Table);
        Degrading = new ResilientEntryStore(Server, Reads, Writes, Room, Degradation, AwayDatabase.Table);
    }

    public FakeTimeProvider Time { get; } = new();

    public UnreliableEntryStore Server { get; } = new();

    public CircuitBreaker Reads { get; }

    public CircuitBreaker Writes { get; }

    public CircuitBreaker Room { get; }

    public Degradation Degradation { get; }

    public ResilientEntryStore Throwing { get; }

    public ResilientEntryStore Degrading { get; }

    /// <summary>What the breakers get for an answer; null when the server would serve.</summary>
    public Exception? Answer { get; set; }

    public List<(string Operation, Exception Error)> Told { get; } = [];

    /// <summary>Keys whose rows somebody has locked.</summary>
    public HashSet<string> Locked { get; } = [];

    /// <summary>How often what is stale was removed, or tried to be.</summary>
    public SemaphoreSlim Removals { get; } = new(0);

    public IEnumerable<string> ToldOf => Told.Select(told => told.Operation);

    public static async Task<bool> ReadAsync(IEntryStore store, string key = "key") =>
        await store.ReadAsync(new(key), new ArrayBufferWriter<byte>(), slide: true, async: true, CancellationToken.None);

    public static async Task<bool> SetAsync(IEntryStore store, string key = "key") =>
        await store.WriteAsync(new(key), default, default, durable: false, async: true, CancellationToken.None);

    public static async Task<bool> RemoveAsync(IEntryStore store, string key = "key") =>
        await store.RemoveAsync(new CacheKey(key), async: true, CancellationToken.None);

    /// <summary>Calls end as an outage from now on.</summary>
    public Exception GoAway(Exception? cause = null)
    {
        cause ??= new IOException("The server is away.");
        Server.Error = new Outage(cause);
        return cause;
    }

    public void ComeBack() => Server.Error = null;

    public static Exception Open(CircuitBreaker breaker)
    {
        var error = new IOException("It hung.");
        breaker.Hung(error, breaker.Successes);
        return error;
    }

    /// <summary>The time has come for a breaker to ask its server.</summary>
    public void Ask(CircuitBreaker breaker)
    {
        OwnThread.Instead = static work =>
        {
            work();
            return true;
        };
        try
        {
            Time.Advance(TimeSpan.FromSeconds(3));
            breaker.Look();
        }
        finally
        {
            OwnThread.Instead = null;
        }
    }

    public void Dispose()
    {
        Degradation.Dispose();
        Reads.Dispose();
        Writes.Dispose();
        Room.Dispose();
        Removals.Dispose();
    }

    private CircuitBreaker Breaker() => new(
        () =>
        {
            if (Answer is { } error)
            {
                throw error;
            }
        },
        static (_, _) => { },
        Time);

    private IReadOnlyList<string> RemoveStale(IReadOnlyList<(string Key, long DroppedAt)> dropped)
    {
        try
        {
            if (Server.Error is { } error)
            {
                throw error;
            }

            var free = dropped.Select(one => one.Key).Except(Locked).ToArray();
            Array.ForEach(free, Server.Drop);
            return [.. Locked];
        }
        finally
        {
            Removals.Release();
        }
    }
}
