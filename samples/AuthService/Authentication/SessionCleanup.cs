using Npgsql;

namespace AuthService.Authentication;

/// <summary>Removes, at the start and every hour, expired refresh tokens, and sessions that ended thirty days ago.</summary>
internal sealed class SessionCleanup(SessionStore sessions, TimeProvider time, ILogger<SessionCleanup> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            try
            {
                await sessions.CleanUpAsync(stoppingToken);
            }
            catch (NpgsqlException error)
            {
                logger.LogWarning("Old sessions could not be removed ({Reason}); trying again in an hour.", error.Message);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
