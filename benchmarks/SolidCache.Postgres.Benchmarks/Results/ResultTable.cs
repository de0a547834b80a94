using System.Text;

namespace SolidCache.Postgres.Benchmarks.Results;

/// <summary>A table of results, as it is printed, stored and shown in the documentation.</summary>
internal sealed class ResultTable(string name, params string[] columns)
{
    private readonly List<string[]> _rows = [];

    public string Name => name;

    public IReadOnlyList<string> Columns => columns;

    public IReadOnlyList<string[]> Rows => _rows;

    public static ResultTable Parse(string name, IReadOnlyList<string> lines)
    {
        var table = new ResultTable(name, Csv.Fields(lines[0]));
        table._rows.AddRange(lines.Skip(1).Select(Csv.Fields));
        return table;
    }

    /// <summary>Adds a row. Numbers come formatted, since only who measured knows how many of their digits mean anything.</summary>
    public void Add(params string[] cells)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(cells.Length, columns.Length);
        _rows.Add(cells);
    }

    /// <summary>The rows with these values in these columns, without the columns, which would repeat them.</summary>
    public ResultTable Where(IReadOnlyDictionary<string, string> values)
    {
        var filters = values.Select(pair => (Column: Array.IndexOf(columns, pair.Key), pair.Value)).ToArray();
        ArgumentOutOfRangeException.ThrowIfNegative(filters.Select(filter => filter.Column).Append(0).Min(), nameof(values));
        var kept = Enumerable.Range(0, columns.Length).Except(filters.Select(filter => filter.Column)).ToArray();
        var table = new ResultTable(name, [.. kept.Select(column => columns[column])]);
        foreach (var row in _rows.Where(row => filters.All(filter => row[filter.Column] == filter.Value)))
        {
            table.Add([.. kept.Select(column => row[column])]);
        }

        return table;
    }

    public IEnumerable<string> ToCsv() => [Csv.Line(columns), .. _rows.Select(Csv.Line)];

    /// <summary>Aligned, so that it reads well in a terminal too; columns of numbers to the right.</summary>
    public string ToMarkdown()
    {
        var widths = Enumerable.Range(0, columns.Length)
            .Select(column => Math.Max(3, _rows.Select(row => row[column].Length).Append(columns[column].Length).Max()))
            .ToArray();
        var areNumbers = Enumerable.Range(0, columns.Length).Select(column => _rows.All(row => IsNumber(row[column]))).ToArray();
        var text = new StringBuilder();
        Append(columns);
        Append([.. widths.Select((width, column) => areNumbers[column] ? new string('-', width - 1) + ":" : new string('-', width))]);
        _rows.ForEach(Append);
        return text.ToString();

        void Append(string[] cells)
        {
            var padded = cells.Select((cell, column) => areNumbers[column] ? cell.PadLeft(widths[column]) : cell.PadRight(widths[column]));
            text.Append("| ").AppendJoin(" | ", padded).Append(" |\n");
        }
    }

    private static bool IsNumber(string cell) => cell.Length == 0 || char.IsAsciiDigit(cell[0]);
}
