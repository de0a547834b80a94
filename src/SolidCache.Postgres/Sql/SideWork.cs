using System.Diagnostics.CodeAnalysis;
using Npgsql;
using SolidCache.Postgres.Dispatch;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Sql;

/// <summary>Work of one duty beside the lanes, one at a time, on a connection and a thread of its own.</summary>
[SuppressMessage("Design", "CA1001", Justification = "A semaphore without wait handle holds nothing that must be freed, and work may end after the cache.")]
internal sealed class SideWork(ConnectionSource connections, CallClock clock, string duty)
{
    /// <summary>How often it is begun in all, when connections break: a pool may hold several that the server has closed.</summary>
    private const int MostAttempts = 4;

    private readonly SemaphoreSlim _place = new(1);

    /// <summary>Work of one of the cache's own threads, which blocks: no thread of the pool takes part in it.</summary>
    /// <param name="patience">How long it waits for a place.</param>
    /// <param name="work">Its statements have the limit of a call each.</param>
    public T Run<T>(TimeSpan patience, Func<Session, T> work)
    {
        if (!_place.Wait(patience))
        {
            throw new Outage(clock.OutOfTime());
        }

        return DoAndRelease(work, CancellationToken.None);
    }

    /// <summary>Work that ends within the limit of a call, its wait for a place included.</summary>
    public async Task<T> RunAsync<T>(Func<Session, T> work, CancellationToken cancellationToken)
    {
        var began = clock.Now;
        if (!await _place.WaitAsync(clock.Limit, cancellationToken).ConfigureAwait(false))
        {
            throw new Outage(clock.OutOfTime());
        }

        var running = Start(work, cancellationToken);
        try
        {
            var left = clock.Limit - clock.Since(began);
            return await running.WithinAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, TimeProvider.System, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException error) when (!running.IsCompleted)
        {
            throw new Outage(clock.OutOfTime(error));
        }
    }

    /// <summary>Work that takes as long as it takes, in steps that each have the limit of a call; it looks at the token itself.</summary>
    public async Task<T> RunStepsAsync<T>(Func<Session, T> work, CancellationToken cancellationToken)
    {
        await _place.WaitAsync(cancellationToken).ConfigureAwait(false);
        return await Start(work, cancellationToken).WithinAsync(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>What looks like a cancellation, and is none of the caller's, is a listener's of the driver's.</summary>
    private static bool IsCancelled(Exception error, CancellationToken cancellationToken) =>
        error is OperationCanceledException && cancellationToken.IsCancellationRequested;

    private Task<T> Start<T>(Func<Session, T> work, CancellationToken cancellationToken)
    {
        try
        {
            return OwnThread.RunAsync(duty, () => DoAndRelease(work, cancellationToken));
        }
        catch (SolidCacheException)
        {
            _place.Release();
            throw;
        }
    }

    private T DoAndRelease<T>(Func<Session, T> work, CancellationToken cancellationToken)
    {
        try
        {
            return Do(work, cancellationToken);
        }
        finally
        {
            _place.Release();
        }
    }

    private T Do<T>(Func<Session, T> work, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var broke = false;
            try
            {
                var session = connections.NewSession();
                connections.Open(session);
                try
                {
                    return work(session);
                }
                catch (Exception error) when (!IsCancelled(error, cancellationToken))
                {
                    connections.IsOfUseAfter(session, error);
                    throw;
                }
                finally
                {
                    broke = !session.IsUnbroken;
                    session.Dispose();
                }
            }
            catch (Exception error) when (!IsCancelled(error, cancellationToken))
            {
                if (!broke || attempt == MostAttempts || error is not (NpgsqlException or IOException) or NpgsqlException { InnerException: TimeoutException })
                {
                    throw connections.Explained(error);
                }
            }
        }
    }
}
