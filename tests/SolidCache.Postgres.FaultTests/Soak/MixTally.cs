using SolidCache.Postgres.FaultTests.Calls;
using SolidCache.Postgres.Histories;

namespace SolidCache.Postgres.FaultTests.Soak;

/// <summary>Of which calls a soak was made, and the longest of them.</summary>
internal sealed class MixTally
{
    private long _calls;
    private long _blocking;
    private long _cancelled;
    private long _large;
    private TimeSpan _limit;
    private TimeSpan _longestCancelled;
    private (TimeSpan Time, Operation? Call, Fault? Fault) _longest;

    public void Add(Fault fault, LoadResult result, LoadPlan plan)
    {
        foreach (var operation in result.Operations)
        {
            _calls++;
            _blocking += plan.IsBlocking(operation.Caller) ? 1 : 0;
            _cancelled += operation.Outcome == Outcome.Cancelled ? 1 : 0;
            _large += operation.Kind == OperationKind.Write && PaddedText.IsLarge(operation.Value) ? 1 : 0;
        }

        _limit = result.OperationTimeout;
        _longestCancelled = result.LongestCancelled > _longestCancelled ? result.LongestCancelled : _longestCancelled;
        if (result.LongestCall > _longest.Time)
        {
            _longest = (result.LongestCall, result.Longest, fault);
        }
    }

    public override string ToString() =>
        $"{_calls} calls: {_blocking} blocking, {_cancelled} cancelled under way, {_large} sets of large values.\n"
        + $"The longest call took {_longest.Time.TotalSeconds:0.00} s of {_limit.TotalSeconds:0.00} s ({Said(_longest.Call)}, {_longest.Fault?.Name}), "
        + $"the longest that was cancelled {_longestCancelled.TotalSeconds:0.00} s.\n";

    private static string Said(Operation? call) => call is null ? "none" : $"{call.Kind} of {call.Key} by caller {call.Caller} of node {call.Process}, {call.Outcome}";
}
