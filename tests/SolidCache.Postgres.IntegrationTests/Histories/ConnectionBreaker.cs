using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Histories;

/// <summary>Ends random connections of the caches in a database, several a second, whatever they are doing.</summary>
internal sealed class ConnectionBreaker(TestDatabase database) : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

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

    private async Task RunAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            Broken += await database.ScalarAsync<long>(BreakOne);
            await Task.Delay(Pause, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
