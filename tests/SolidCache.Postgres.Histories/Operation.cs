using System.Globalization;

namespace SolidCache.Postgres.Histories;

/// <summary>
/// A call on the register that a key is. Times are of <see cref="System.Diagnostics.Stopwatch.GetTimestamp"/>, a monotonic clock that all
/// processes of one machine share, so that the histories of several processes can be compared.
/// </summary>
public sealed record Operation(int Process, int Caller, string Key, OperationKind Kind)
{
    /// <summary>What was written or read; null for a remove, and for a read that found nothing.</summary>
    public string? Value { get; set; }

    public long Start { get; set; }

    /// <summary>When the caller was free to go on: what its process calls from here on comes after it.</summary>
    public long Placed { get; set; } = long.MaxValue;

    public long End { get; set; } = long.MaxValue;

    public Outcome Outcome { get; set; }

    public static Operation Parse(string line)
    {
        var parts = line.Split('\t');
        return new Operation(Number<int>(parts[0]), Number<int>(parts[1]), parts[2], Enum.Parse<OperationKind>(parts[3]))
        {
            Value = parts[4].Length > 0 ? parts[4] : null,
            Start = Number<long>(parts[5]),
            Placed = Number<long>(parts[6]),
            End = Number<long>(parts[7]),
            Outcome = Enum.Parse<Outcome>(parts[8]),
        };
    }

    public string ToLine() =>
        string.Create(CultureInfo.InvariantCulture, $"{Process}\t{Caller}\t{Key}\t{Kind}\t{Value}\t{Start}\t{Placed}\t{End}\t{Outcome}");

    private static T Number<T>(string text)
        where T : IParsable<T> =>
        T.Parse(text, CultureInfo.InvariantCulture);
}
