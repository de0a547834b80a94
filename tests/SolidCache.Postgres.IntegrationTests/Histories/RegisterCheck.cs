using SolidCache.Postgres.HistoryWorker;

namespace SolidCache.Postgres.IntegrationTests.Histories;

/// <summary>
/// Whether a history can be that of registers, one a key, that are empty at first: an operation takes effect at one moment between its start and
/// its end, one whose caller does not know its outcome at any moment until some time after its end, or never. Every value is written once.
/// </summary>
/// <remarks>
/// For values the check is exact (Gibbons and Korach, "Testing shared memories", 1997: unlike values make it a comparison of pairs), and
/// stricter by the order of calls within a process. Which remove a read met that found nothing is not known: it needs one that it could have.
/// </remarks>
internal static class RegisterCheck
{
    /// <summary>Says what is wrong with a history, in any order.</summary>
    /// <param name="history">Of any number of keys.</param>
    /// <param name="lateness">How long after its end an operation of unknown outcome may take effect.</param>
    public static IEnumerable<string> Violations(IEnumerable<Operation> history, long lateness) =>
        history
            .Where(operation => operation.Outcome != Outcome.Refused)
            .GroupBy(operation => operation.Key, StringComparer.Ordinal)
            .SelectMany(key => ViolationsOfKey([.. key], lateness));

    private static IEnumerable<string> ViolationsOfKey(Operation[] operations, long lateness)
    {
        var writes = operations
            .Where(operation => operation.Kind == OperationKind.Write)
            .ToDictionary(write => write.Value!, StringComparer.Ordinal);
        var reads = operations
            .Where(operation => operation is { Kind: OperationKind.Read, Outcome: Outcome.Succeeded, Value: not null })
            .ToLookup(read => read.Value!, StringComparer.Ordinal);
        var removes = operations.Where(operation => operation.Kind == OperationKind.Remove).OrderByDescending(remove => remove.Start).ToArray();

        // A write of unknown outcome that nobody saw may never have taken effect.
        Tenure[] values = [.. writes.Values
            .Where(write => write.Outcome == Outcome.Succeeded || reads.Contains(write.Value!))
            .Select(write => new Tenure(write, [.. reads[write.Value!]], lateness))];
        Tenure[] absences = [.. removes.Where(remove => remove.Outcome == Outcome.Succeeded).Select(remove => new Tenure(remove, [], lateness))];

        return FromNowhere(writes, reads)
            .Concat(Contradictions([.. values, .. absences]))
            .Concat(Lost(operations, removes, values, lateness));
    }

    private static IEnumerable<string> FromNowhere(Dictionary<string, Operation> writes, ILookup<string, Operation> reads) =>
        reads
            .SelectMany(group => group)
            .Where(read => !writes.TryGetValue(read.Value!, out var write) || read.End < write.Start)
            .Select(read => $"Read before it was written, or never written: {read}");

    private static IEnumerable<string> Contradictions(Tenure[] tenures) =>
        tenures.SelectMany((one, index) => tenures
            .Skip(index + 1)
            .Where(one.Contradicts)
            .Select(other => $"Each is older than the other: {one}; {other}"));

    private static IEnumerable<string> Lost(Operation[] operations, Operation[] removes, Tenure[] values, long lateness)
    {
        var emptyAtFirst = new Operation(-1, -1, "", OperationKind.Remove)
        {
            Start = long.MinValue,
            Placed = long.MinValue,
            End = long.MinValue,
            Outcome = Outcome.Succeeded,
        };
        return operations
            .Where(operation => operation is { Kind: OperationKind.Read, Outcome: Outcome.Succeeded, Value: null })
            .Where(read => !removes
                .Where(remove => remove.Start < read.End)
                .Append(emptyAtFirst)
                .Select(remove => new Tenure(remove, [read], lateness))
                .Any(absence => !Array.Exists(values, absence.Contradicts)))
            .Select(read => $"Not found although it was there: {read}");
    }
}
