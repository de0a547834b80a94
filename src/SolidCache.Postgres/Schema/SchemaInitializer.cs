using Microsoft.Extensions.Hosting;
using SolidCache.Postgres.Diagnostics;
using SolidCache.Postgres.Entries;
using SolidCache.Postgres.Sql;

namespace SolidCache.Postgres.Schema;

/// <summary>
/// Brings the schema up to date when the host starts. A schema that can never fit fails the start; a database that is away does
/// not: the attempt is repeated until it is back.
/// </summary>
/// <param name="work">Beside the lanes.</param>
/// <param name="table">The table.</param>
/// <param name="tagIndex">Made when all else is done; null where nothing may be made.</param>
/// <param name="patience">How long the host's start waits.</param>
/// <param name="time">The application's clock.</param>
/// <param name="log">What it logs to.</param>
internal sealed class SchemaInitializer(SideWork work, TableName table, TagIndex? tagIndex, TimeSpan patience, TimeProvider time, Log log) : BackgroundService
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(2);
    private readonly SeldomTold _reasons = new(time);
    private bool _isDone;

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        using var patient = new CancellationTokenSource(patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patient.Token);
        _isDone = await TryAsync(mayRefuse: true, either.Token, cancellationToken).ConfigureAwait(false);
        await base.StartAsync(cancellationToken).ConfigureAwait(false);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!_isDone)
        {
            await Task.Delay(RetryDelay, time, stoppingToken).ConfigureAwait(false);
            _isDone = await TryAsync(mayRefuse: false, stoppingToken, stoppingToken).ConfigureAwait(false);
        }

        if (tagIndex is not null)
        {
            await IndexTagsAsync(tagIndex, stoppingToken).ConfigureAwait(false);
        }
    }

    /// <summary>What fails is tried again at the next start: nothing but the speed of removals by tag depends on it.</summary>
    private async Task IndexTagsAsync(TagIndex index, CancellationToken stoppingToken)
    {
        try
        {
            await work.RunStepsAsync(
                session =>
                {
                    index.Ensure(session);
                    return true;
                }, stoppingToken).ConfigureAwait(false);
        }
        catch (Exception error) when (!stoppingToken.IsCancellationRequested)
        {
            log.TagsNotIndexed(table, error.Message);
        }
    }

    private async ValueTask<bool> TryAsync(bool mayRefuse, CancellationToken attempt, CancellationToken stopping)
    {
        try
        {
            // Opening a session is all it takes: the schema gate stands at its door.
            return await work.RunStepsAsync(static _ => true, attempt).ConfigureAwait(false);
        }
        catch (Exception error) when (!stopping.IsCancellationRequested && !(mayRefuse && error is SolidCacheException { IsMismatch: true }))
        {
            // What nobody mends, a missing right, would fill the log otherwise.
            var reason = error is OperationCanceledException ? $"It takes longer than the {patience.TotalSeconds:0.#} seconds for which a start waits." : error.Message;
            if (_reasons.IsDue(reason))
            {
                log.SchemaUnchecked(table, RetryDelay.TotalSeconds, reason);
            }

            return false;
        }
    }
}
