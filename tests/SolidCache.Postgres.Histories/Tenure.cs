namespace SolidCache.Postgres.Histories;

/// <summary>
/// A write and the reads that saw it. Reads of a value that was written once, unlike others, lie between its write and the next write, so that
/// all of them together come before or after those of any other write.
/// </summary>
internal sealed class Tenure
{
    private readonly Operation _write;

    /// <summary>Initializes a new instance of the <see cref="Tenure"/> class.</summary>
    /// <param name="write">What began it.</param>
    /// <param name="reads">Who saw it.</param>
    /// <param name="lateness">How long after its end a write may take effect whose caller does not know.</param>
    public Tenure(Operation write, IReadOnlyCollection<Operation> reads, long lateness)
    {
        _write = write;
        FirstEnd = reads.Select(read => read.End).Append(LastMoment(write, lateness)).Min();
        LastStart = reads.Select(read => read.Start).Append(write.Start).Max();
    }

    /// <summary>When it had begun at the latest: somebody was told of it.</summary>
    public long FirstEnd { get; }

    /// <summary>When it had not ended yet: somebody who saw it, or made it, was still to come.</summary>
    public long LastStart { get; }

    /// <summary>Whether each of both must have been before the other.</summary>
    public bool Contradicts(Tenure other) =>
        ((MustPrecede(other) || IsPlacedBefore(other)) && other.MustPrecede(this))
        || (other.IsPlacedBefore(this) && MustPrecede(other));

    public override string ToString() => $"{_write}, in place by {FirstEnd} and still from {LastStart} on";

    private static long LastMoment(Operation write, long lateness) =>
        write.Outcome == Outcome.Succeeded || write.End > long.MaxValue - lateness ? write.End : write.End + lateness;

    /// <summary>Whether a part of this ended before a part of the other began.</summary>
    private bool MustPrecede(Tenure other) => FirstEnd < other.LastStart;

    /// <summary>
    /// Whether one process asked for the other after this, and was told that it was done: until then its node sees to it that nothing which it has sent
    /// before, or had in its queue, comes any more, whatever its caller was told. Those of other processes wait for no such.
    /// </summary>
    private bool IsPlacedBefore(Tenure other) =>
        _write.Process == other._write.Process
        && _write.Placed < other._write.Start
        && other._write.Outcome == Outcome.Succeeded;
}
