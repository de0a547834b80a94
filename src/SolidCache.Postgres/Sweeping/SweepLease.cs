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
    public async ValueTask<(long NextBlock, long Deleted)?> AcquireAsync(Session session, TimeSpan minimumAge, CancellationToken cancellationToken)
    {
        var rows = await session.Planned(
            statements.AcquireLease,
            Parameter.Text(_holder),
            Parameter.BigInt((long)Duration.TotalMicroseconds),
            Parameter.BigInt((long)minimumAge.TotalMicroseconds)).QueryAsync(cancellationToken).ConfigureAwait(false);
        await using (rows.ConfigureAwait(false))
        {
            return await rows.ReadAsync(cancellationToken).ConfigureAwait(false) ? (rows.BigInt(0), rows.BigInt(1)) : null;
        }
    }

    /// <returns>Whether this node still holds the lease.</returns>
    public async ValueTask<bool> RecordAsync(Session session, long nextBlock, long deleted, CancellationToken cancellationToken) =>
        await session.Planned(
            statements.RecordSlice,
            Parameter.Text(_holder),
            Parameter.BigInt((long)Duration.TotalMicroseconds),
            Parameter.BigInt(nextBlock),
            Parameter.BigInt(deleted)).ExecuteAsync(cancellationToken).ConfigureAwait(false) > 0;

    public async ValueTask FinishAsync(Session session, long deleted, CancellationToken cancellationToken) =>
        await session.Planned(statements.Finish, Parameter.Text(_holder), Parameter.BigInt(deleted)).ExecuteAsync(cancellationToken).ConfigureAwait(false);

    /// <summary>Lets the next node go on at once.</summary>
    public async ValueTask ReleaseAsync(Session session, CancellationToken cancellationToken) =>
        await session.Planned(statements.Release, Parameter.Text(_holder)).ExecuteAsync(cancellationToken).ConfigureAwait(false);
}
