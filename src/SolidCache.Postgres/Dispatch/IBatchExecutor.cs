namespace SolidCache.Postgres.Dispatch;

/// <summary>Executes batches for one lane, one after the other, on a connection that it holds in between.</summary>
/// <typeparam name="T">What a batch is made of.</typeparam>
internal interface IBatchExecutor<T>
{
    /// <summary>Executes the batch and completes every part of it, well or with an error. Does not throw.</summary>
    Task ExecuteAsync(List<T> batch);

    /// <summary>Ends what is under way, which has taken too long, as soon as that is possible. Does not block, and does not throw.</summary>
    void GiveUp();

    /// <summary>Gives the connection back, because nothing is left to do. Does not throw.</summary>
    Task RestAsync();
}
