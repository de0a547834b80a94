using SolidCache.Postgres.FaultTests.Calls;

namespace SolidCache.Postgres.FaultTests.Soak;

/// <summary>What all occurrences of one fault did to the callers.</summary>
internal sealed class FaultTally(string fault)
{
    private readonly ErrorCounts _errors = new();
    private int _times;
    private long _operations;
    private int _anomalies;
    private TimeSpan _longestCall;
    private TimeSpan? _recovery = TimeSpan.Zero;

    public void Add(LoadResult result, int anomalies)
    {
        _times++;
        _operations += result.Operations.Count;
        _errors.Add(result.Errors);
        _anomalies += anomalies;
        _longestCall = result.LongestCall > _longestCall ? result.LongestCall : _longestCall;
        _recovery = _recovery is { } longest && result.RecoveryOfEveryNode is { } recovery ? (recovery > longest ? recovery : longest) : null;
    }

    public override string ToString() =>
        $"| {fault} | {_times} | {_operations} | {_errors} | {_longestCall.TotalSeconds:0.0} s | {_anomalies} "
        + $"| {(_recovery is { } recovery ? $"{recovery.TotalSeconds:0.0} s" : "never")} |";
}
