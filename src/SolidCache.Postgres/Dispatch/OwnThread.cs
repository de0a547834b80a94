using System.Diagnostics.CodeAnalysis;

namespace SolidCache.Postgres.Dispatch;

/// <summary>
/// Threads of the cache's own. They block on the network, so that the pool's threads need not; nothing of a caller reaches them: neither its ambient
/// values and transaction, nor its synchronization context or task scheduler.
/// </summary>
internal static class OwnThread
{
    public static void Start(string duty, Action work) =>
        new Thread(() => work()) { IsBackground = true, Name = "SolidCache.Postgres " + duty }.UnsafeStart();

    /// <summary>The same for work whose end somebody awaits.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "The error is that of the task.")]
    public static Task<T> RunAsync<T>(string duty, Func<T> work)
    {
        var end = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Start(duty, () =>
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
        return end.Task;
    }
}
