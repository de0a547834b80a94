namespace SolidCache.Postgres.HistoryWorker;

public enum OperationKind
{
    Read,
    Write,
    Remove,
}
