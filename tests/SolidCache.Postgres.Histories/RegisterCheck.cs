namespace SolidCache.Postgres.Histories;

/// <summary>
/// Whether a history can be that of registers, one a key, that are empty at first: an operation takes effect at one moment between its start and
/// its end, one whose caller does not know its outcome at any moment until some time after its end, or never. Every value is written once.
/// </summary>
/// <remarks>
/// For values the check is exact (Gibbons and Korach, "Testing shared memories", 1997: unlike values make it a comparison of pairs), and
/// stricter by the order of calls within a process. Which remove a read met that found nothing is not known: it needs one that it could have.
/// </remarks>
public static class RegisterCheck
{
    /// <summary>Says what is wrong with a history, in any order.</summary>
    /// <param name="history">Of any number of keys.</param>
    /// <param name="lateness">How long after its end an operation of unknown outcome may take effect.</param>
    public static IEnumerable<string> Violations(IEnumerable<Operation> history, long lateness) =>
        ByKey(history).SelectMany(operations => ViolationsOfKey(operations, lateness));

    /// <summary>
    /// Says what is wrong with a history in which a crash may have lost writes that were acknowledged, but no removes: values that nobody wrote, and
    /// values that came back after they were removed.
    /// </summary>
    /// <param name="history">Of any number of keys.</param>
    /// <param name="lateness">How long after its end an operation of unknown outcome may take effect.</param>
    public static IEnumerable<string> Returned(IEnumerable<Operation> history, long lateness) =>
        ByKey(history).SelectMany(operations =>
        {
            var (writes, reads) = (Writes(operations), Reads(operations));
            var absences = Absences(operations, lateness);
            return FromNowhere(writes, reads).Concat(Values(writes, reads, lateness).SelectMany(value => absences
                .Where(value.Contradicts)
                .Select(absence => $"Removed, and there again: {value}; {absence}")));
        });

    private static IEnumerable<Operation[]> ByKey(IEnumerable<Operation> history) =>
        history
            .Where(operation => operation.Outcome != Outcome.Refused)
            .GroupBy(operation => operation.Key, StringComparer.Ordinal)
            .Select(key => key.ToArray());

    private static IEnumerable<string> ViolationsOfKey(Operation[] operations, long lateness)
    {
        var (writes, reads) = (Writes(operations), Reads(operations));
        var values = Values(writes, reads, lateness);
        var removes = operations.Where(operation => operation.Kind == OperationKind.Remove).OrderByDescending(remove => remove.Start).ToArray();

        return FromNowhere(writes, reads)
            .Concat(Contradictions([.. values, .. Absences(operations, lateness)]))
            .Concat(Lost(operations, removes, values, lateness));
    }

    private static Dictionary<string, Operation> Writes(Operation[] operations) =>
        operations.Where(operation => operation.Kind == OperationKind.Write).ToDictionary(write => write.Value!, StringComparer.Ordinal);

    private static ILookup<string, Operation> Reads(Operation[] operations) =>
        operations
            .Where(operation => operation is { Kind: OperationKind.Read, Outcome: Outcome.Succeeded, Value: not null })
            .ToLookup(read => read.Value!, StringComparer.Ordinal);

    /// <summary>A write of unknown outcome that nobody saw may never have taken effect.</summary>
    private static Tenure[] Values(Dictionary<string, Operation> writes, ILookup<string, Operation> reads, long lateness) =>
        [.. writes.Values
            .Where(write => write.Outcome == Outcome.Succeeded || reads.Contains(write.Value!))
            .Select(write => new Tenure(write, [.. reads[write.Value!]], lateness))];

    private static Tenure[] Absences(Operation[] operations, long lateness) =>
        [.. operations
            .Where(operation => operation is { Kind: OperationKind.Remove, Outcome: Outcome.Succeeded })
            .Select(remove => new Tenure(remove, [], lateness))];

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
