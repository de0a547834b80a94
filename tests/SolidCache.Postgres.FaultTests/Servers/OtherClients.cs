using System.Diagnostics;
using Npgsql;

namespace SolidCache.Postgres.FaultTests.Servers;

/// <summary>Clients other than the cache, which take every connection that a server allows and keep them.</summary>
internal sealed class OtherClients(Cluster cluster) : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private readonly List<NpgsqlConnection> _taken = [];

    /// <summary>Takes all that are free, and then those that the cache had: it asks for new ones, and somebody else gets them.</summary>
    public async Task TakeAllAsync()
    {
        await TakeFreeAsync();
        var waited = Stopwatch.StartNew();
        while (await EndBackendsAsync() > 0)
        {
            Assert.That(waited.Elapsed, Is.LessThan(Patience), "The cache loses its connections.");
            await TakeFreeAsync();
        }
    }

    public async ValueTask DisposeAsync() => await Task.WhenAll(_taken.Select(connection => connection.DisposeAsync().AsTask()));

    private async Task TakeFreeAsync()
    {
        while (true)
        {
            try
            {
                _taken.Add(await cluster.ConnectAsync());
            }
            catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.TooManyConnections)
            {
                return;
            }
        }
    }

    private async Task<long> EndBackendsAsync()
    {
        await using var command = new NpgsqlCommand(Cluster.EndBackends, _taken[0]);
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
