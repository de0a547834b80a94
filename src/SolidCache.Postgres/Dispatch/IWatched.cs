namespace SolidCache.Postgres.Dispatch;

/// <summary>What the <see cref="Watch"/> looks after.</summary>
internal interface IWatched
{
    /// <summary>Looks what has become late.</summary>
    /// <returns>Whether there is anything to look after.</returns>
    bool Look();
}
