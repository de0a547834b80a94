namespace SolidCache.Postgres.Histories;

/// <summary>What its caller knows about an operation.</summary>
public enum Outcome
{
    /// <summary>Nothing: its process ended first.</summary>
    Unknown,

    /// <summary>It took effect between its start and its end.</summary>
    Succeeded,

    /// <summary>An error: it may have taken effect, may still do so for a while, or never.</summary>
    Failed,

    /// <summary>Cancelled while it was under way: the same.</summary>
    Cancelled,

    /// <summary>Cancelled before it began: it never takes effect.</summary>
    Refused,
}
