using System.Data.Common;
using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace SolidCache.Postgres.Health;

/// <summary>Reports whether the cache answers, what it holds, and whether its sweeps keep up.</summary>
internal sealed class PostgresSolidCacheHealthCheck(ISolidCache cache, ISolidCacheInvalidations? told, PostgresSolidCacheHealthOptions options, TimeProvider time) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        using var call = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            // Not left to the driver: a server that hangs takes its time to refuse even a cancellation.
            return Judge(await cache.GetStatisticsAsync(call.Token).WaitAsync(options.Timeout, time, cancellationToken).ConfigureAwait(false));
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            return new HealthCheckResult(context.Registration.FailureStatus, Describe(error), error);
        }
        finally
        {
            // A call that was given up on gives its connection back.
            await call.CancelAsync().ConfigureAwait(false);
        }
    }

    private HealthCheckResult Judge(SolidCacheStatistics statistics)
    {
        var data = new Dictionary<string, object>
        {
            ["total_entries"] = statistics.TotalEntries,
            ["expired_entries"] = statistics.ExpiredEntries,
            ["overdue_entries"] = statistics.OverdueEntries,
            ["total_size_bytes"] = statistics.TotalSizeBytes,
            ["total_size_kb"] = Math.Round(statistics.TotalSizeBytes / 1024.0, 1),
            ["live_bytes"] = statistics.LiveBytes,
            ["is_estimate"] = statistics.IsEstimate,
        };
        if (statistics.TimeSinceLastSweep is { } age)
        {
            data["last_sweep_age_seconds"] = Math.Round(age.TotalSeconds, 1);
        }

        if (told is not null)
        {
            data["invalidations_are_current"] = told.IsCurrent;
        }

        var problem = Problem(statistics);
        return problem is null ? HealthCheckResult.Healthy(data: data) : HealthCheckResult.Degraded(problem, data: data);
    }

    private string? Problem(SolidCacheStatistics statistics)
    {
        if (told is { IsCurrent: false })
        {
            return "What other nodes change is not known, or was not for a while: nothing is served from memory. The log says why (invalidations_unread).";
        }

        if (statistics.OverdueEntries > options.MaxOverdueEntries)
        {
            return string.Create(
                CultureInfo.InvariantCulture,
                $"{statistics.OverdueEntries} entries expired longer than a sweep interval ago (allowed: {options.MaxOverdueEntries}): check that the sweeper runs, or sweep more often.");
        }

        return statistics.LiveBytes > options.MaxLiveBytes
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"The cache holds {statistics.LiveBytes} live bytes (allowed: {options.MaxLiveBytes}): shorten the entries' lives, or raise the threshold.")
            : null;
    }

    private string Describe(Exception error) => error switch
    {
        SolidCacheException => error.Message,
        TimeoutException or OperationCanceledException or DbException { InnerException: TimeoutException } =>
            string.Create(CultureInfo.InvariantCulture, $"The server of the cache did not answer within {options.Timeout.TotalSeconds} seconds."),
        _ => $"The server of the cache cannot be reached, or failed: {error.Message}",
    };
}
