using System.Text.RegularExpressions;
using SolidCache.Postgres.Benchmarks.Comparisons;
using SolidCache.Postgres.Benchmarks.Results;

namespace SolidCache.Postgres.Benchmarks.Documentation;

/// <summary>
/// Puts the tables of the results between the markers of a document: <c>&lt;!-- table: scale --&gt;</c> and <c>&lt;!-- end --&gt;</c>,
/// or a part of one: <c>&lt;!-- table: compare Workload=Get Bytes=1024 --&gt;</c>.
/// </summary>
internal static partial class DocumentTables
{
    private const string NotMeasured = "Not measured yet.\n";

    public static void Update(string path, ResultsFolder folder)
    {
        var text = File.ReadAllText(path);
        File.WriteAllText(path, Block.Replace(text, block => $"{block.Groups["start"].Value}\n{TableOf(block, folder)}\n{block.Groups["end"].Value}"));
    }

    [GeneratedRegex(@"(?<start><!-- table: (?<name>[\w-]+)(?: (?<column>\w+)=(?<value>\w+))* -->\n).*?(?<end><!-- end -->)", RegexOptions.Singleline)]
    private static partial Regex Block { get; }

    private static string TableOf(Match block, ResultsFolder folder)
    {
        var name = block.Groups["name"].Value;
        var values = block.Groups["column"].Captures.Zip(block.Groups["value"].Captures)
            .ToDictionary(pair => pair.First.Value, pair => pair.Second.Value, StringComparer.Ordinal);
        var table = name switch
        {
            ComparisonTable.Name => ComparisonTable.Of(ComparisonResults.Load(folder), _ => true),
            RatioTable.Name => RatioTable.Of(ComparisonResults.Load(folder)),
            _ => folder.Load(name),
        };
        var part = table?.Where(values);
        return part is { Rows.Count: > 0 } ? part.ToMarkdown() : NotMeasured;
    }
}
