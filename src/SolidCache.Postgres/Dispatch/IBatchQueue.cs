namespace SolidCache.Postgres.Dispatch;

/// <summary>What lanes take their batches from.</summary>
/// <typeparam name="T">What a batch is made of.</typeparam>
internal interface IBatchQueue<T> : IWatched
{
    /// <summary>Gets a value indicating whether nothing is ready; a hint that may be out of date at once.</summary>
    bool IsEmpty { get; }

    /// <summary>Gets a value indicating whether what is ready deserves a lane although others work; a hint too.</summary>
    bool KeepsAnotherLaneBusy { get; }

    /// <summary>Gets how many calls wait; a hint too.</summary>
    int Count { get; }

    /// <summary>Moves what may be executed now into an empty batch; leaves it empty when there is nothing.</summary>
    void Take(List<T> batch);
}
