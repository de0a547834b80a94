using SolidCache.Postgres.FaultTests.Servers;

namespace SolidCache.Postgres.FaultTests.Promises;

/// <summary>A server on the same machine that is reached without TCP.</summary>
public sealed class UnixSockets
{
    [Test, CancelAfter(30_000)]
    public async Task A_cache_reaches_its_server_by_a_Unix_socket()
    {
        await using var server = await Cluster.StartNewAsync("unix_socket_directories=/tmp");
        await using var cache = PostgresSolidCache.Create(Cluster.ConnectionStringOn(server.Port, "/tmp"));

        await cache.SetAsync("key", [1], new() { SlidingExpiration = TimeSpan.FromMinutes(1) });

        Assert.That(await cache.GetAsync("key"), Is.EqualTo((byte[])[1]));
    }
}
