namespace SolidCache.Postgres.Dispatch;

/// <summary>What lanes take their batches from.</summary>
/// <typeparam name="T">What a batch is made of.</typeparam>
internal interface IBatchQueue<T>
{
    /// <summary>Moves what may be executed now into an empty batch; leaves it empty when there is nothing.</summary>
    void Take(List<T> batch);
}
