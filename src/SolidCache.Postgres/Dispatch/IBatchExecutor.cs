namespace SolidCache.Postgres.Dispatch;

/// <summary>Executes batches for one lane, one after the other, on a connection that it holds in between. Its calls block.</summary>
/// <typeparam name="T">What a batch is made of.</typeparam>
internal interface IBatchExecutor<T>
{
    /// <summary>Executes the batch and completes every part of it, well or with an error.</summary>
    void Execute(List<T> batch);

    /// <summary>Completes every part of a batch for which <see cref="Execute"/> has thrown.</summary>
    void Fail(List<T> batch, Exception error);

    /// <summary>
    /// Its batch has taken too long, and another lane takes over: lets go of the keys of the batch, and ends what is under way as soon as that is possible.
    /// Called on another thread, while this one executes; does not block.
    /// </summary>
    void GiveUp(List<T> batch);

    /// <summary>Gives the connection back, because nothing is left to do.</summary>
    void Rest();
}
