using SolidCache.Postgres.Sql;

namespace SolidCache.Postgres.Sweeping;

/// <summary>
/// The right of one node to sweep, for as long as it renews it: a row and not a lock, since a transaction's lock ends with the
/// slice and a session's leaks through poolers. It carries the pass's progress, so that another node can take over.
/// </summary>
internal sealed class SweepLease(SweepStatements statements)
{
    /// <summary>Longer than any slice and its rest. When a node dies, another goes on after this time.</summary>
    public static readonly TimeSpan Duration = TimeSpan.FromMinutes(1);
    private readonly string _holder = $"{Environment.MachineName}/{Environment.ProcessId}/{Guid.NewGuid():N}";

    /// <returns>Where to go on, or null when another node sweeps or a pass finished within <paramref name="minimumAge"/>.</returns>
    public (long NextBlock, long Deleted)? Acquire(Session session, TimeSpan minimumAge) =>
        session.QueryFirst(
            static rows => ((long, long)?)(rows.BigInt(0), rows.BigInt(1)),
            statements.AcquireLease,
            Parameter.Text(_holder),
            Parameter.BigInt((long)Duration.TotalMicroseconds),
            Parameter.BigInt((long)minimumAge.TotalMicroseconds));

    /// <param name="session">Open.</param>
    /// <param name="nextBlock">Where another node would go on.</param>
    /// <param name="deleted">By the pass so far.</param>
    /// <param name="file">Of the table, whose blocks these are.</param>
    /// <returns>Whether this node still holds the lease.</returns>
    public bool Record(Session session, long nextBlock, long deleted, long file) =>
        session.Execute(
            statements.RecordSlice,
            Parameter.Text(_holder),
            Parameter.BigInt((long)Duration.TotalMicroseconds),
            Parameter.BigInt(nextBlock),
            Parameter.BigInt(deleted),
            Parameter.BigInt(file)) > 0
        || session.QueryOne(static rows => rows.Bool(0), statements.Holds, Parameter.Text(_holder));

    public void Finish(Session session, long deleted) => session.Execute(statements.Finish, Parameter.Text(_holder), Parameter.BigInt(deleted));

    /// <summary>Lets the next node go on at once.</summary>
    public void Release(Session session) => session.Execute(statements.Release, Parameter.Text(_holder));
}
