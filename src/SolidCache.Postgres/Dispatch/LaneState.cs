namespace SolidCache.Postgres.Dispatch;

/// <summary>What a lane does.</summary>
internal enum LaneState
{
    Idle,
    Busy,

    /// <summary>Gives its connection back.</summary>
    Resting,
}
