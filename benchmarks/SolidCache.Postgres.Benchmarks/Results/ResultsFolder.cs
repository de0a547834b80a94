namespace SolidCache.Postgres.Benchmarks.Results;

/// <summary>Where results are kept between a run and the documentation: a CSV file for each table.</summary>
internal sealed class ResultsFolder(string path)
{
    public void Save(ResultTable table)
    {
        Directory.CreateDirectory(path);
        File.WriteAllLines(FileOf(table.Name), table.ToCsv());
    }

    /// <returns>The table, or null if nothing has been measured.</returns>
    public ResultTable? Load(string name) => File.Exists(FileOf(name)) ? ResultTable.Parse(name, File.ReadAllLines(FileOf(name))) : null;

    private string FileOf(string name) => Path.Combine(path, name + ".csv");
}
