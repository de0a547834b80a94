using System.Globalization;

namespace SolidCache.Postgres.Invalidation;

/// <summary>What a look at the log found.</summary>
/// <param name="Snapshot">From which the next look goes on.</param>
/// <param name="Identity">Which log it is; null for one that has not begun.</param>
/// <param name="IsPruned">Whether something may have been pruned that was not read.</param>
/// <param name="IsEverything">Whether everything has changed.</param>
/// <param name="Keys">As they are stored.</param>
/// <param name="Tags">As they are stored.</param>
/// <param name="Messages">With their channels.</param>
/// <param name="Lag">Since the oldest of them was written; null where there is none.</param>
internal sealed record News(
    string Snapshot,
    string? Identity,
    bool IsPruned,
    bool IsEverything,
    IReadOnlyList<string> Keys,
    IReadOnlyList<string> Tags,
    IReadOnlyList<(string Channel, byte[] Text)> Messages,
    TimeSpan? Lag)
{
    /// <summary>Whether the server goes on from a time before a snapshot of its own, as one whose folder was put back.</summary>
    public bool IsBefore(string snapshot) => EndOf(Snapshot) < EndOf(snapshot);

    /// <summary>The first transaction that had not ended, nor any after it: of one server, it never falls.</summary>
    private static ulong EndOf(string snapshot) => ulong.Parse(snapshot.Split(':')[1], CultureInfo.InvariantCulture);
}
