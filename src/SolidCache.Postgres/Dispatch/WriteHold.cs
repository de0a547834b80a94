namespace SolidCache.Postgres.Dispatch;

/// <summary>One of the <see cref="WriteHolds"/>: the lines of a batch.</summary>
/// <param name="Lines">They stay under way.</param>
/// <param name="Until">When the server refuses their rows, at the latest.</param>
internal sealed record WriteHold(IReadOnlyList<KeyLine> Lines, long Until);
