using SolidCache.Postgres.Dispatch;

namespace SolidCache.Postgres.Diagnostics;

/// <summary>Tells how large batches are.</summary>
/// <typeparam name="T">What a batch is made of.</typeparam>
internal sealed class ObservedBatchExecutor<T>(IBatchExecutor<T> executor, Action<int> observe) : IBatchExecutor<T>
{
    public Task ExecuteAsync(List<T> batch)
    {
        observe(batch.Count);
        return executor.ExecuteAsync(batch);
    }

    public void GiveUp() => executor.GiveUp();

    public Task RestAsync() => executor.RestAsync();
}
