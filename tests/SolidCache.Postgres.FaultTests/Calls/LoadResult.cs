using System.Diagnostics;
using SolidCache.Postgres.Histories;

namespace SolidCache.Postgres.FaultTests.Calls;

/// <summary>What the callers did and met, before, during and after a fault.</summary>
internal sealed record LoadResult(IReadOnlyList<Operation> Operations, IReadOnlyList<CallError> Errors)
{
    /// <summary>When the fault was over, by <see cref="Stopwatch"/>.</summary>
    public required long FaultEnd { get; init; }

    /// <summary>From when on everything was expected to be as before the fault.</summary>
    public required long Calm { get; init; }

    public required TimeSpan OperationTimeout { get; init; }

    public IEnumerable<Operation> Unfinished => Operations.Where(operation => operation.Outcome == Outcome.Unknown);

    public Operation Longest => Operations.Except(Unfinished).MaxBy(operation => operation.End - operation.Start)!;

    public TimeSpan LongestCall => Stopwatch.GetElapsedTime(Longest.Start, Longest.End);

    /// <summary>How long after the end of the fault the first call of each kind had succeeded; null if one never did.</summary>
    public TimeSpan? Recovery
    {
        get
        {
            long?[] firsts = [.. Enum.GetValues<OperationKind>().Select(kind => Operations
                .Where(operation => operation.Kind == kind && operation.Outcome == Outcome.Succeeded && operation.End >= FaultEnd)
                .Min(operation => (long?)operation.End))];
            return Array.Exists(firsts, first => first is null) ? null : Stopwatch.GetElapsedTime(FaultEnd, firsts.Max()!.Value);
        }
    }

    public string ErrorsByKind => Errors.Count == 0 ? "none" : string.Join(", ", Errors
        .CountBy(error => error.Kind)
        .OrderByDescending(count => count.Value)
        .Select(count => $"{count.Key} {count.Value}"));
}
