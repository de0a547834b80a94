using System.Text.RegularExpressions;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Hostile;

/// <summary>The names of all statements of the library and of the tool, as they stand in the source and in the approved files: who adds one adds it here.</summary>
internal static partial class StatementNames
{
    public static IReadOnlyList<string> All { get; } =
    [
        .. Files("src", "*.cs").Concat(Files("tests/SolidCache.Postgres.Tests/Approved", "*.sql"))
            .SelectMany(static file => Name().Matches(File.ReadAllText(file)))
            .Select(static match => match.Groups["name"].Value)
            .Distinct()
            .Order(StringComparer.Ordinal),
    ];

    public static string? Of(string statement) => Name().Match(statement) is { Success: true } match ? match.Groups["name"].Value : null;

    private static IEnumerable<string> Files(string folder, string pattern) =>
        Directory.EnumerateFiles(Path.Combine(RepositoryRoot.Path, folder), pattern, SearchOption.AllDirectories);

    [GeneratedRegex(@"/\* solid_cache:(?<name>[a-z_]+) \*/")]
    private static partial Regex Name();
}
