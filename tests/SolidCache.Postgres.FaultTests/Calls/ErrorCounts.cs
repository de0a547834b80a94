namespace SolidCache.Postgres.FaultTests.Calls;

/// <summary>How often callers met which kind of error.</summary>
internal sealed class ErrorCounts
{
    private readonly Dictionary<string, int> _counts = new(StringComparer.Ordinal);

    public void Add(IEnumerable<CallError> errors)
    {
        foreach (var (kind, count) in errors.CountBy(error => error.Kind))
        {
            _counts[kind] = _counts.GetValueOrDefault(kind) + count;
        }
    }

    public override string ToString() =>
        _counts.Count == 0 ? "none" : string.Join(", ", _counts.OrderByDescending(count => count.Value).Select(count => $"{count.Key} {count.Value}"));
}
