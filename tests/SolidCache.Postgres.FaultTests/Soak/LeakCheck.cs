namespace SolidCache.Postgres.FaultTests.Soak;

/// <summary>
/// Whether something grows from fault to fault. The medians of the first and the last third are compared, so that no single reading decides; the first readings
/// of all, of a process that is still compiling its code and filling its pools, do not count.
/// </summary>
internal sealed class LeakCheck(Gauge gauge, IReadOnlyList<double> readings)
{
    /// <summary>Fewer tell nothing about growth, only whether the limit is kept.</summary>
    private const int FewestReadings = 12;

    private readonly double[] _counted = [.. readings.Skip(Math.Min(readings.Count / 6, 10))];

    private int Third => Math.Max(_counted.Length / 3, 1);

    public double Start => Median(_counted.Take(Third));

    public double Middle => Median(_counted.Skip((_counted.Length - Third) / 2).Take(Third));

    public double End => Median(_counted.TakeLast(Third));

    public double Most => readings.Max();

    /// <summary>What is wrong, or null.</summary>
    public string? Complaint =>
        Most > gauge.Limit ? $"{gauge.Name}: {Most:0.0} is more than {gauge.Limit:0.0}."
        : readings.Count >= FewestReadings && End - Start > gauge.Allowance ? $"{gauge.Name}: {Start:0.0} at first, {End:0.0} at the end: a leak."
        : null;

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[sorted.Length / 2] + sorted[(sorted.Length - 1) / 2]) / 2;
    }
}
