using System.Diagnostics;
using Npgsql;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Histories;

/// <summary>
/// Ends random connections of the caches in a database, ten a second, whatever they are doing; fewer where a new connection takes so long that
/// nothing else would get done.
/// </summary>
internal sealed class ConnectionBreaker(TestDatabase database) : IAsyncDisposable
{
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(100);

    /// <summary>One that breaks may take others of its pool along.</summary>
    private const int ConnectionsOfAPause = 3;

    private const string BreakOne = """
        SELECT count(pg_terminate_backend(pid))
        FROM (
            SELECT pid
            FROM pg_stat_activity
            WHERE datname = current_database() AND application_name = 'SolidCache.Postgres'
            ORDER BY random()
            LIMIT 1) AS victim
        """;

    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;

    public long Broken { get; private set; }

    public void Start() => _running = RunAsync();

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        _stopping.Dispose();
    }

    private async Task<TimeSpan> PauseAsync()
    {
        var began = Stopwatch.GetTimestamp();
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(database.ConnectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        var pause = Stopwatch.GetElapsedTime(began) * ConnectionsOfAPause;
        return pause > ShortestPause ? pause : ShortestPause;
    }

    private async Task RunAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            Broken += await database.ScalarAsync<long>(BreakOne);
            await Task.Delay(await PauseAsync(), _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
