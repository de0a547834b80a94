namespace SolidCache.Postgres.Sql;

/// <summary>
/// Ends the server's processes whose connection broke while they executed a statement, so that a write of which nobody knows whether it takes effect cannot do
/// so later; and cancels statements that hang, so that a lane gets its thread back. It touches nothing but processes that the cache used itself.
/// </summary>
internal sealed class BackendEnd(SideWork work)
{
    private const string EndIfSame =
        """
        /* solid_cache:end_backend */
        SELECT backend_start IS NOT NULL AND (extract(epoch FROM backend_start) * 1000000.0)::bigint = $2 AND pg_terminate_backend(pid, 2000)
        FROM pg_catalog.pg_stat_activity
        WHERE pid = $1
        """;

    private const string CancelIfHanging =
        """
        /* solid_cache:cancel_hanging */
        SELECT pg_cancel_backend(pid)
        FROM pg_catalog.pg_stat_activity
        WHERE pid = $1
          AND (extract(epoch FROM backend_start) * 1000000.0)::bigint = $2
          AND state = 'active'
          AND query LIKE '/* solid_cache:%'
          AND query_start < now() - interval '900 milliseconds'
        """;

    /// <param name="backend">Whose connection broke.</param>
    /// <param name="gone">Called when it is certain that it is gone.</param>
    public void End(Backend? backend, Action gone)
    {
        if (backend is { Started: { } started })
        {
            _ = RunAsync(session =>
            {
                if (session.Query(static rows => rows.Bool(0), EndIfSame, Parameter.BigInt(backend.ProcessId), Parameter.BigInt(started)).All(static isGone => isGone))
                {
                    gone();
                }

                return true;
            });
        }
    }

    /// <summary>
    /// Cancels the statement that a lane gave up, if it is executed still; the backend lives, since Npgsql clears the pool of an application that loses one.
    /// </summary>
    public void CancelHanging(Backend? backend)
    {
        if (backend is { Started: { } started })
        {
            _ = RunAsync(session => session.Execute(CancelIfHanging, Parameter.BigInt(backend.ProcessId), Parameter.BigInt(started)));
        }
    }

    /// <summary>Where it fails nothing is lost: what it would have ended is refused by the server when its time is up.</summary>
    private async Task RunAsync<T>(Func<Session, T> ending) =>
        await ((Task)work.RunAsync(ending, CancellationToken.None)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
