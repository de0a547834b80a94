namespace SolidCache.Postgres.Histories;

public enum OperationKind
{
    Read,
    Write,
    Remove,

    /// <summary>Extends the life of what is there, and shows nothing of it.</summary>
    Refresh,
}
