using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using SolidCache.Postgres.Benchmarks.Comparisons;
using SolidCache.Postgres.Benchmarks.Contestants;
using SolidCache.Postgres.Benchmarks.Load;
using SolidCache.Postgres.Benchmarks.Workloads;

namespace SolidCache.Postgres.Benchmarks.Matrix;

/// <summary>A column of what <see cref="MatrixRecorder"/> holds.</summary>
internal sealed class RecordedColumn(string name, string legend, Func<LatencyHistogram, int, string> format) : IColumn
{
    public string Id => name;

    public string ColumnName => name;

    public string Legend => legend;

    public bool AlwaysShow => true;

    public ColumnCategory Category => ColumnCategory.Custom;

    public int PriorityInCategory => 0;

    public bool IsNumeric => true;

    public UnitType UnitType => UnitType.Dimensionless;

    public bool IsAvailable(Summary summary) => true;

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) => GetValue(summary, benchmarkCase);

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase) =>
        MatrixRecorder.Find(CaseOf(benchmarkCase)) is { } record ? format(record.Latencies, record.Connections) : "-";

    /// <summary>A class is named after its workload, a method after its contestant.</summary>
    private static ComparisonCase CaseOf(BenchmarkCase benchmarkCase) => new(
        Enum.Parse<WorkloadName>(benchmarkCase.Descriptor.Type.Name.Replace("Benchmarks", "", StringComparison.Ordinal)),
        (int)benchmarkCase.Parameters[nameof(MatrixBenchmarks.ValueBytes)],
        (int)benchmarkCase.Parameters[nameof(MatrixBenchmarks.Concurrency)],
        Enum.Parse<ContestantName>(benchmarkCase.Descriptor.WorkloadMethod.Name));
}
