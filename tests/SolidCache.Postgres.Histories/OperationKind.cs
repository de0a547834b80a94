namespace SolidCache.Postgres.Histories;

public enum OperationKind
{
    Read,
    Write,
    Remove,
}
