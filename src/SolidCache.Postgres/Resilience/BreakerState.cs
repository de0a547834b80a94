namespace SolidCache.Postgres.Resilience;

/// <summary>The states of a <see cref="CircuitBreaker"/>; their numbers are those of its gauge.</summary>
internal enum BreakerState
{
    /// <summary>Calls pass.</summary>
    Closed = 0,

    /// <summary>The server answers again; one call at a time tries whether it serves.</summary>
    HalfOpen = 1,

    /// <summary>Calls are refused at once.</summary>
    Open = 2,
}
