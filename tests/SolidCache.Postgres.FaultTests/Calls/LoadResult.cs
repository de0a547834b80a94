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

    /// <summary>The longest of the calls that were cancelled, each within a few milliseconds; zero if none was.</summary>
    public TimeSpan LongestCancelled => Operations
        .Where(operation => operation.Outcome == Outcome.Cancelled)
        .Select(operation => Stopwatch.GetElapsedTime(operation.Start, operation.End))
        .DefaultIfEmpty()
        .Max();

    /// <summary>How long after the end of the fault the first call of each kind had succeeded; null if one never did.</summary>
    public TimeSpan? Recovery => RecoveryOf(Operations);

    /// <summary>The same for the node that took longest.</summary>
    public TimeSpan? RecoveryOfEveryNode
    {
        get
        {
            TimeSpan?[] nodes = [.. Operations.GroupBy(operation => operation.Process).Select(RecoveryOf)];
            return Array.Exists(nodes, node => node is null) ? null : nodes.Max();
        }
    }

    /// <summary>
    /// What cannot be seen on a register a key. After a crash that may have lost acknowledged sets: values that nobody wrote, or that came back after
    /// a remove, since only removes are durable.
    /// </summary>
    public List<string> Anomalies(bool setsMayBeLost)
    {
        // What fails may still be under way for as long as its call was given.
        var lateness = (long)(OperationTimeout.TotalSeconds * Stopwatch.Frequency);
        return [.. setsMayBeLost ? RegisterCheck.Returned(Operations, lateness) : RegisterCheck.Violations(Operations, lateness)];
    }

    private TimeSpan? RecoveryOf(IEnumerable<Operation> operations)
    {
        var first = operations
            .Where(operation => operation.Outcome == Outcome.Succeeded && operation.End >= FaultEnd)
            .GroupBy(operation => operation.Kind)
            .ToDictionary(kind => kind.Key, kind => kind.Min(operation => operation.End));
        return first.Count < Enum.GetValues<OperationKind>().Length ? null : Stopwatch.GetElapsedTime(FaultEnd, first.Values.Max());
    }
}
