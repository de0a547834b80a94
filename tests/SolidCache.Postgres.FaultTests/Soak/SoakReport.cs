using System.Text;
using SolidCache.Postgres.FaultTests.Calls;

namespace SolidCache.Postgres.FaultTests.Soak;

/// <summary>What a soak has shown so far: a row for each fault, and one for each thing that could leak.</summary>
internal sealed class SoakReport(SoakSettings settings)
{
    private readonly SortedDictionary<string, FaultTally> _faults = new(StringComparer.Ordinal);
    private readonly List<double[]> _readings = [];
    private readonly MixTally _mix = new();

    private IEnumerable<LeakCheck> Checks => Footprint.Gauges.Select((gauge, index) => new LeakCheck(gauge, [.. _readings.Select(reading => reading[index])]));

    public IEnumerable<string> Leaks => Checks.Select(check => check.Complaint).OfType<string>();

    public void Add(Fault fault, LoadResult result, int anomalies, LoadPlan plan)
    {
        _mix.Add(fault, result, plan);
        if (!_faults.TryGetValue(fault.Name, out var tally))
        {
            _faults[fault.Name] = tally = new FaultTally(fault.Name);
        }

        tally.Add(result, anomalies);
    }

    public void Add(double[] readings) => _readings.Add(readings);

    public async Task WriteAsync()
    {
        var text = ToString();
        await TestContext.Out.WriteLineAsync(text);
        if (settings.TableFile is { } file)
        {
            await File.WriteAllTextAsync(file, text);
        }
    }

    public override string ToString()
    {
        var text = new StringBuilder("| Fault | Times | Operations | Errors | Longest call | Anomalies | Longest recovery |\n|---|---:|---:|---|---:|---:|---:|\n")
            .AppendJoin('\n', _faults.Values)
            .Append("\n\n| Between two faults | First third | Second third | Last third | Most |\n|---|---:|---:|---:|---:|\n");
        if (_readings.Count > 0)
        {
            text.AppendJoin('\n', Footprint.Gauges.Zip(Checks, (gauge, check) =>
                $"| {gauge.Name} | {check.Start:0.#} | {check.Middle:0.#} | {check.End:0.#} | {check.Most:0.#} |"));
        }

        return text.Append($"\n\n{_mix}\nSeed {settings.Seed}, {_readings.Count} faults.\n").ToString();
    }
}
