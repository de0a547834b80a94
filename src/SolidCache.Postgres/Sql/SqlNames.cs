using System.Security.Cryptography;
using System.Text;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Sql;

/// <summary>The names of a cache's objects as SQL: quoted and qualified. The one place where an identifier becomes SQL text.</summary>
internal sealed class SqlNames(TableName table)
{
    public TableName Table { get; } = table;

    public string Schema { get; } = Quote(table.Schema);

    public string Entries { get; } = Qualify(table, table.Table);

    public string State { get; } = Qualify(table, table.State);

    public string TagRemovals { get; } = Qualify(table, table.TagRemovals);

    /// <summary>Qualified, as it is looked for; where it is made, its name alone is said.</summary>
    public string TagIndex { get; } = Qualify(table, table.TagIndex);

    public string TagIndexName { get; } = Quote(table.TagIndex);

    public string Invalidations { get; } = Qualify(table, table.Invalidations);

    /// <summary>On which nodes tell each other that something has changed. Its name tells caches of one database apart, and fits whatever theirs are.</summary>
    public string Channel { get; } = "solid_cache_" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{table.Schema}\n{table.Table}")).AsSpan(0, 8));

    public string CleanupFunction { get; } = Qualify(table, table.CleanupFunction);

    public string SweepProcedure { get; } = Qualify(table, table.SweepProcedure);

    public string CountType { get; } = Qualify(table, table.CountType);

    /// <summary>One of the functions that are not for sweeps.</summary>
    /// <param name="name">What it is called in the migrations.</param>
    public string Function(string name) => Qualify(Table, Table.Function(name));

    /// <summary>A name by itself: of a column.</summary>
    public static string Quoted(string identifier) => Quote(identifier);

    /// <summary>A string literal in one line, which whoever indents SQL leaves as it is, for the places where SQL takes no parameter. Assumes nothing about <c>standard_conforming_strings</c>.</summary>
    public static string Literal(string text) => text.AsSpan().ContainsAny('\\', '\n', '\r')
        ? $" E'{Escaped(text).Replace("\n", @"\n", StringComparison.Ordinal).Replace("\r", @"\r", StringComparison.Ordinal)}'"
        : $"'{Escaped(text)}'";

    /// <summary>What stands between the quotes of a literal.</summary>
    public static string Escaped(string text) => text.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("'", "''", StringComparison.Ordinal);

    private static string Qualify(TableName table, string name) => $"{Quote(table.Schema)}.{Quote(name)}";

    private static string Quote(string identifier) => $"\"{identifier.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
