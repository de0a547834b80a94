using System.Globalization;
using Npgsql;

namespace SolidCache.Postgres.HistoryWorker;

/// <summary>A node whose callers read and change <see cref="VersionedData"/> until the process is killed: <c>REMOVED_BY CALLERS SEED</c>. Says that it is ready, and each stale read.</summary>
internal static class Reader
{
    /// <summary>A process that starts while others take the whole machine needs more than the usual five seconds for its first call.</summary>
    private static readonly TimeSpan AmongMany = TimeSpan.FromSeconds(30);

    public static async Task RunAsync(string connectionString, string[] args)
    {
        var lines = TextWriter.Synchronized(Console.Out);
        await using var application = NpgsqlDataSource.Create(connectionString);
        await using var cache = PostgresSolidCache.Create(
            connectionString,
            static options => (options.DefaultAbsoluteExpiration, options.OperationTimeout) = (TimeSpan.FromMinutes(10), AmongMany));
        var data = new VersionedData(application, Enum.Parse<RemovedBy>(args[0]), isShared: true, lines.WriteLine);
        await cache.ExistsAsync("none");
        await lines.WriteLineAsync("ready");
        var (callers, seed) = (int.Parse(args[1], CultureInfo.InvariantCulture), int.Parse(args[2], CultureInfo.InvariantCulture));
        await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => data.CallAsync(cache, seed + caller, CancellationToken.None)));
    }
}
