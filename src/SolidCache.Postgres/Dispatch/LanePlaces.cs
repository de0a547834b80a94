namespace SolidCache.Postgres.Dispatch;

/// <summary>
/// Which lanes of a queue may have a connection: as many as it has for itself, and to a distant server some of those that are spare. Guarded by the lanes' lock.
/// </summary>
/// <typeparam name="T">What a batch is made of.</typeparam>
/// <param name="own">How many it has for itself.</param>
/// <param name="spares">Which it shares with other queues.</param>
/// <param name="distance">Of the server.</param>
internal sealed class LanePlaces<T>(int own, SpareLanes spares, Distance distance)
{
    private int _own;
    private int _spare;

    /// <summary>Gets how many lanes there may be.</summary>
    public int Most => distance.IsFar ? own + _spare + spares.Free : own;

    /// <summary>Gets a value indicating whether there is one for a lane that has none; a hint that may be out of date at once.</summary>
    public bool AreLeft => _own < own || (distance.IsFar && spares.Free > 0);

    /// <summary>Whether a lane does not have a place that it should give back.</summary>
    public bool Suits(Lane<T> lane) => lane.Place != LanePlace.Spare || !spares.AreTooMany;

    /// <summary>Gives a lane a place if it has none.</summary>
    /// <returns>Whether it may have a connection.</returns>
    public bool TryTake(Lane<T> lane)
    {
        if (!Suits(lane) && _own < own)
        {
            Return(lane);
        }

        if (lane.Place != LanePlace.None)
        {
            return Suits(lane);
        }

        if (_own < own)
        {
            spares.Reserve(_own++ == 0 ? own : 0);
            lane.Place = LanePlace.Own;
        }
        else if (distance.IsFar && spares.TryTake())
        {
            _spare++;
            lane.Place = LanePlace.Spare;
        }

        return lane.Place != LanePlace.None;
    }

    /// <summary>Its own place is another's, since it hangs; what is spare is in use until it ends.</summary>
    public void GiveUp(Lane<T> lane)
    {
        if (lane.Place == LanePlace.Own)
        {
            Return(lane);
        }
    }

    public void Return(Lane<T> lane)
    {
        if (lane.Place == LanePlace.Spare)
        {
            _spare--;
            spares.Return();
        }
        else if (lane.Place == LanePlace.Own)
        {
            spares.Reserve(--_own == 0 ? -own : 0);
        }

        lane.Place = LanePlace.None;
    }
}
