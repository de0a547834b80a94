using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using SolidCache.Postgres.Diagnostics;

namespace SolidCache.Postgres.Warming;

/// <summary>
/// Runs a warmer once the host has started, and again while it fails. A cold cache is slow and not wrong: nothing waits for it, and
/// nothing fails with it.
/// </summary>
/// <typeparam name="T">The warmer, made anew for each attempt, in a scope of its own.</typeparam>
internal sealed class WarmerService<T>(IServiceScopeFactory scopes, IHostApplicationLifetime lifetime, TimeProvider time, Log log) : BackgroundService
    where T : class, ISolidCacheWarmer
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await StartedAsync(stoppingToken).ConfigureAwait(false);
        for (var delay = FirstDelay; !await TryAsync(delay, stoppingToken).ConfigureAwait(false); delay = Longer(delay))
        {
            await Task.Delay(delay, time, stoppingToken).ConfigureAwait(false);
        }
    }

    private static TimeSpan Longer(TimeSpan delay) => delay * 2 < LongestDelay ? delay * 2 : LongestDelay;

    /// <summary>Other hosted services make the tables and open the connections that a warmer reads from.</summary>
    private async Task StartedAsync(CancellationToken stoppingToken)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var registration = lifetime.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(stoppingToken).ConfigureAwait(false);
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever the application's code throws, the host lives on.")]
    private async ValueTask<bool> TryAsync(TimeSpan delay, CancellationToken stoppingToken)
    {
        var began = time.GetTimestamp();
        try
        {
            var scope = scopes.CreateAsyncScope();
            await using (scope.ConfigureAwait(false))
            {
                await scope.ServiceProvider.GetRequiredService<T>().WarmAsync(stoppingToken).ConfigureAwait(false);
            }

            log.CacheWarmed(typeof(T).Name, time.GetElapsedTime(began).TotalSeconds);
            return true;
        }
        catch (Exception error) when (!stoppingToken.IsCancellationRequested)
        {
            log.CacheWarmingFailed(error, typeof(T).Name, delay.TotalSeconds);
            return false;
        }
    }
}
