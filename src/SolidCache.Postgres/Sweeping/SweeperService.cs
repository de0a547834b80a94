using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Hosting;
using SolidCache.Postgres.Diagnostics;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Sweeping;

/// <summary>The timer around the sweep. Whatever a sweep meets, it never takes the host down.</summary>
internal sealed class SweeperService(Sweeper sweeper, TableName table, bool isEnabled, TimeSpan interval, TimeProvider time, Log log)
    : BackgroundService
{
    private static readonly TimeSpan LongestRetryDelay = TimeSpan.FromMinutes(1);
    private readonly SeldomTold _stacks = new(time);

    [SuppressMessage("Design", "CA1031", Justification = "Whatever a server does that hangs while the host stops, the sweep has ended.")]
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!isEnabled)
        {
            return;
        }

        log.CleanupStarted(table, interval.TotalSeconds);
        try
        {
            while (true)
            {
                await Task.Delay(await SweepAsync(stoppingToken).ConfigureAwait(false), time, stoppingToken).ConfigureAwait(false);
            }
        }
        catch (Exception) when (stoppingToken.IsCancellationRequested)
        {
            log.CleanupStopped(table);
        }
    }

    /// <returns>How long to wait for the next one.</returns>
    private async ValueTask<TimeSpan> SweepAsync(CancellationToken cancellationToken)
    {
        try
        {
            // A node wakes up a little before or after the others; a pass that began in the same round counts as this round's.
            var result = await sweeper.SweepInTurnAsync(interval * (1 - SweepSchedule.Jitter), cancellationToken).ConfigureAwait(false);
            if (result.SkipReason is { } reason)
            {
                log.CleanupSkipped(table, reason);
            }

            return SweepSchedule.Next(interval, Random.Shared.NextDouble());
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            var retry = interval < LongestRetryDelay ? interval : LongestRetryDelay;
            // A database that is away for a night is no reason for a stack of calls every minute.
            log.CleanupFailed(_stacks.IsDue(error.Message) ? error : null, table, retry.TotalSeconds, error.Message);
            return retry;
        }
    }
}
