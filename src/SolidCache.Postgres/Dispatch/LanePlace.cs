namespace SolidCache.Postgres.Dispatch;

/// <summary>By what right a lane has a connection.</summary>
internal enum LanePlace
{
    /// <summary>It has none.</summary>
    None,

    /// <summary>One of those that its queue has for itself.</summary>
    Own,

    /// <summary>One of <see cref="SpareLanes"/>.</summary>
    Spare,
}
