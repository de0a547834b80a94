using System.Diagnostics.CodeAnalysis;

namespace SolidCache.Postgres.Dispatch;

/// <summary>
/// Threads of the cache's own. They block on the network, so that the pool's threads need not; nothing of a caller reaches them: neither its ambient
/// values and transaction, nor its synchronization context or task scheduler.
/// </summary>
internal static class OwnThread
{
    /// <summary>What tests put in the place of a thread that their own would start: does the work, or tells that there is no thread left.</summary>
    [ThreadStatic]
    internal static Func<Action, bool>? Instead;

    /// <returns>False when the system has no thread left: nothing was begun.</returns>
    public static bool TryStart(string duty, Action work)
    {
        if (Instead is { } instead)
        {
            return instead(work);
        }

        try
        {
            new Thread(() => work()) { IsBackground = true, Name = "SolidCache.Postgres " + duty }.UnsafeStart();
            return true;
        }
        catch (Exception error) when (error is OutOfMemoryException or ThreadStartException)
        {
            return false;
        }
    }

    /// <summary>What a call ends with that needs a thread when there is none.</summary>
    public static SolidCacheException NoneLeft() =>
        new("The system gives the cache no thread: the process, its user or its container has as many as it may have, or no memory left.") { IsTransient = true };

    /// <summary>The same for work whose end somebody awaits.</summary>
    /// <exception cref="SolidCacheException">The system has no thread left: nothing was begun.</exception>
    [SuppressMessage("Design", "CA1031", Justification = "The error is that of the task.")]
    public static Task<T> RunAsync<T>(string duty, Func<T> work)
    {
        var end = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var isStarted = TryStart(duty, () =>
        {
            try
            {
                end.SetResult(work());
            }
            catch (Exception error)
            {
                end.SetException(error);
            }
        });
        return isStarted ? end.Task : throw NoneLeft();
    }
}
