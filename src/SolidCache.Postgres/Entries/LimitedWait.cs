namespace SolidCache.Postgres.Entries;

/// <summary>Waits for work no longer than somebody wants to. It goes on, and what it ends with is nobody's then, errors included.</summary>
internal static class LimitedWait
{
    /// <exception cref="TimeoutException">It takes longer.</exception>
    public static async Task<T> WithinAsync<T>(this Task<T> work, TimeSpan most, TimeProvider time, CancellationToken cancellationToken = default)
    {
        try
        {
            return await work.WaitAsync(most, time, cancellationToken).ConfigureAwait(false);
        }
        catch when (!work.IsCompleted)
        {
            _ = ForgetAsync(work);
            throw;
        }
    }

    private static async Task ForgetAsync(Task work) => await work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
