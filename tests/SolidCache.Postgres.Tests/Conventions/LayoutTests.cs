using System.Text.RegularExpressions;

namespace SolidCache.Postgres.Tests.Conventions;

/// <summary>The folder tree is the data path: who may know whom.</summary>
public sealed partial class LayoutTests
{
    private const string Root = "SolidCache.Postgres";

    /// <summary>Which folders a folder may use. The root holds the public types; those that are code name what they open.</summary>
    private static readonly Dictionary<string, string[]> MayUse = new()
    {
        [""] = ["Diagnostics", "Entries", "Schema", "Sql", "Json", "DependencyInjection"],
        ["Entries"] = [],
        ["Diagnostics"] = ["Entries"],
        ["Compression"] = [],
        ["Dispatch"] = ["Compression", "Entries"],
        ["Resilience"] = ["Dispatch", "Entries"],
        ["Sql"] = ["Compression", "Dispatch", "Entries", "Diagnostics", "Resilience"],
        ["Schema"] = ["Sql", "Entries", "Diagnostics"],
        ["Sweeping"] = ["Sql", "Entries", "Diagnostics"],
        ["Leasing"] = ["Diagnostics", "Entries"],
        ["Transactions"] = ["Compression", "Entries", "Sql"],
        ["Invalidation"] = ["Diagnostics", "Dispatch", "Entries", "Sql"],
        ["Hybrid"] = ["Caching", "Diagnostics", "Entries", "Invalidation", "Json", "Leasing"],
        ["Caching"] = ["Entries", "Leasing", "Sweeping", "Transactions"],
        ["Health"] = [],
        ["Json"] = [],
        ["Warming"] = ["Diagnostics"],
        ["DependencyInjection"] = ["Caching", "Compression", "Diagnostics", "Dispatch", "Entries", "Health", "Hybrid", "Invalidation", "Leasing", "Resilience", "Schema", "Sql", "Sweeping", "Transactions", "Warming"],
    };

    private static readonly string[] MayUseNpgsql = ["", "Sql", "Schema", "Sweeping", "Transactions", "Invalidation", "DependencyInjection"];

    [Test]
    public void Every_folder_has_its_rule() =>
        Assert.That(SourceFile.All.Select(file => file.Folder).Distinct(), Is.EquivalentTo(MayUse.Keys));

    [Test]
    public void A_folder_uses_only_the_folders_before_it() =>
        Assert.That(
            SourceFile.All.SelectMany(file => Used(file)
                .Where(folder => folder != file.Folder && !MayUse[file.Folder].Contains(folder))
                .Select(folder => $"{file} uses {folder}")),
            Is.Empty);

    [Test]
    public void No_folder_uses_one_that_uses_it()
    {
        var settled = new HashSet<string>();
        while (MayUse.FirstOrDefault(rule => !settled.Contains(rule.Key) && rule.Value.All(settled.Contains)) is { Key: { } folder })
        {
            settled.Add(folder);
        }

        Assert.That(MayUse.Keys.Except(settled), Is.Empty);
    }

    [Test]
    public void Every_rule_is_needed() =>
        Assert.That(
            MayUse.SelectMany(rule => rule.Value.Except(SourceFile.All.Where(file => file.Folder == rule.Key).SelectMany(Used)).Select(folder => $"{rule.Key} does not use {folder}")),
            Is.Empty);

    [Test]
    public void Only_what_talks_to_the_server_knows_Npgsql() =>
        Assert.That(
            SourceFile.All.Where(file => !MayUseNpgsql.Contains(file.Folder) && file.Usings.Any(name => name.Split('.')[0] is "Npgsql" or "NpgsqlTypes")),
            Is.Empty);

    [Test]
    public void A_namespace_is_its_folder() =>
        Assert.That(
            SourceFile.All.Where(file => file.Namespace != (file.Folder.Length == 0 ? Root : $"{Root}.{file.Folder}") && !IsRegistration(file)),
            Is.Empty);

    [Test]
    public void Folders_are_not_nested() =>
        Assert.That(SourceFile.All.Where(file => file.Path.Count(character => character == '/') > 1), Is.Empty);

    [Test]
    public void No_file_is_too_long_to_read() =>
        Assert.That(SourceFile.All.Where(file => file.Lines.Count > 250), Is.Empty);

    [Test]
    public void A_file_holds_the_type_that_it_is_named_for_and_no_other() =>
        Assert.That(
            SourceFile.All.Where(file => file.Lines.Select(line => TopLevelType().Match(line)).Where(match => match.Success).Select(match => match.Groups["name"].Value)
                is var types && !types.SequenceEqual([Path.GetFileNameWithoutExtension(file.Path)])),
            Is.Empty);

    [Test]
    public void There_are_neither_regions_nor_suppressions_inside_code() =>
        Assert.That(
            SourceFile.All.SelectMany(file => file.Lines.Where(line => line.TrimStart() is ['#', ..]).Select(line => $"{file}: {line}")),
            Is.Empty);

    /// <summary>Extension methods stand where the service collection or the application's builder stands, so that nobody needs a using for them.</summary>
    private static bool IsRegistration(SourceFile file) =>
        file.Folder == "DependencyInjection"
        && file.Path.EndsWith("Extensions.cs", StringComparison.Ordinal)
        && file.Namespace is "Microsoft.Extensions.DependencyInjection" or "Microsoft.Extensions.Hosting";

    private static IEnumerable<string> Used(SourceFile file) =>
        file.Usings.Where(name => name.StartsWith(Root + ".", StringComparison.Ordinal)).Select(name => name[(Root.Length + 1)..]);

    [GeneratedRegex(@"^(?:public|internal) .*?(?:class|struct|record struct|record|interface|enum|delegate \S+) (?<name>\w+)")]
    private static partial Regex TopLevelType();
}
