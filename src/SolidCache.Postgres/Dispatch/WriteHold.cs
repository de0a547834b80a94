namespace SolidCache.Postgres.Dispatch;

/// <summary>One of the <see cref="WriteHolds"/>: the lines of a batch.</summary>
/// <param name="lines">They stay under way.</param>
/// <param name="until">From which timestamp on their rows cannot take effect; the greatest while nobody knows.</param>
internal sealed class WriteHold(IReadOnlyList<KeyLine> lines, long until)
{
    public IReadOnlyList<KeyLine> Lines => lines;

    public long Until { get; set; } = until;
}
