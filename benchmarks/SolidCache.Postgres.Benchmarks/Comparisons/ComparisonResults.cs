using SolidCache.Postgres.Benchmarks.Results;

namespace SolidCache.Postgres.Benchmarks.Comparisons;

/// <summary>All rows measured so far: a run replaces those of its own cases and leaves the others.</summary>
internal sealed class ComparisonResults
{
    public const string Name = "results";
    private readonly SortedDictionary<ComparisonCase, ComparisonRow> _rows = new(Comparer<ComparisonCase>.Create((left, right) =>
        (left.Workload, left.ValueBytes, left.Callers, left.Contestant).CompareTo((right.Workload, right.ValueBytes, right.Callers, right.Contestant))));

    public IEnumerable<ComparisonRow> Rows => _rows.Values;

    public static ComparisonResults Load(ResultsFolder folder)
    {
        var results = new ComparisonResults();
        foreach (var cells in folder.Load(Name)?.Rows ?? [])
        {
            results.Put(ComparisonRow.Parse(cells));
        }

        return results;
    }

    public ComparisonRow? Find(ComparisonCase @case) => _rows.GetValueOrDefault(@case);

    public void Put(ComparisonRow row) => _rows[row.Case] = row;

    public void Save(ResultsFolder folder)
    {
        var table = new ResultTable(Name, ComparisonRow.Columns);
        foreach (var row in Rows)
        {
            table.Add(row.ToCells());
        }

        folder.Save(table);
    }
}
