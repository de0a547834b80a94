using System.Globalization;
using System.Text.RegularExpressions;
using SolidCache.Postgres.Sql;

namespace SolidCache.Postgres.Schema;

/// <summary>One step of the schema: an embedded <c>.sql</c> file whose number is the version it leads to.</summary>
internal sealed partial record Migration(int Version, string Template)
{
    /// <summary>All steps in their order. Released ones never change.</summary>
    public static IReadOnlyList<Migration> All { get; } = [.. Embedded().OrderBy(migration => migration.Version)];

    /// <summary>The text for the tables of one cache. One pass, so that a name that looks like a placeholder stays a name.</summary>
    public string For(SqlNames names, bool unlogged) => Placeholder().Replace(Template, match => match.Groups["name"].Value switch
    {
        "schema" => names.Schema,
        "schema_literal" => SqlNames.Literal(names.Schema),
        "entries" => names.Entries,
        "entries_literal" => SqlNames.Literal(names.Entries),
        "state" => names.State,
        "tag_removals" => names.TagRemovals,
        "tag_index_name" => names.TagIndexName,
        "cleanup_function" => names.CleanupFunction,
        "sweep_procedure" => names.SweepProcedure,
        "count_type" => names.CountType,
        "count_type_literal" => SqlNames.Literal(names.CountType),
        "schema_name" => SqlNames.Literal(names.Table.Schema),
        "cleanup_name" => SqlNames.Literal(names.Table.CleanupFunction),
        "sweep_name" => SqlNames.Literal(names.Table.SweepProcedure),
        "is_gone" => EntryConditions.IsGone(names),
        "forget_tag_removals" => EntryConditions.ForgetTagRemovals(names),
        "unlogged" => unlogged ? "UNLOGGED " : "",
        var unknown => throw new InvalidOperationException($"Migration {Version} has a placeholder '{unknown}' that nobody fills."),
    });

    [GeneratedRegex(@"\{(?<name>\w+)\}")]
    private static partial Regex Placeholder();

    private static IEnumerable<Migration> Embedded()
    {
        var assembly = typeof(Migration).Assembly;
        foreach (var file in assembly.GetManifestResourceNames().Where(name => name.EndsWith(".sql", StringComparison.Ordinal)))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(file)!);
            yield return new Migration(int.Parse(file.AsSpan(0, 3), CultureInfo.InvariantCulture), reader.ReadToEnd());
        }
    }
}
