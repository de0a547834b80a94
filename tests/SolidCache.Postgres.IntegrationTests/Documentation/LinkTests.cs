using System.Text.RegularExpressions;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Documentation;

/// <summary>Links between the pages lead somewhere, to their headings too.</summary>
[Category(OneServer.Category)]
public sealed partial class LinkTests
{
    private static readonly string[] Pages =
    [
        "README.md", "CONTRIBUTING.md", "SECURITY.md", .. Directory.GetFiles(Path.Combine(RepositoryRoot.Path, "docs"), "*.md").Select(file => $"docs/{Path.GetFileName(file)}"),
        "samples/AuthService/README.md", "samples/SweepLambda/README.md", "src/SolidCache.Postgres/DESIGN.md", "src/SolidCache.Postgres.Tool/README.md", "src/SolidCache.Postgres.EntityFrameworkCore/README.md",
        "src/SolidCache.Postgres.AspNetCore/README.md",
        "benchmarks/SolidCache.Postgres.Benchmarks/README.md",
    ];

    [TestCaseSource(nameof(Pages))]
    public void Every_link_of_the_page_leads_somewhere(string page)
    {
        var file = Path.Combine(RepositoryRoot.Path, page);
        foreach (Match link in Link().Matches(File.ReadAllText(file)))
        {
            var (path, anchor) = (link.Groups["path"].Value, link.Groups["anchor"].Value);
            var target = path.Length == 0 ? file : Path.Combine(Path.GetDirectoryName(file)!, path);
            Assert.That(File.Exists(target) || Directory.Exists(target), $"{page} links to {path}");
            if (anchor.Length > 0)
            {
                Assert.That(Heading().Matches(File.ReadAllText(target)).Select(heading => AnchorOf(heading.Groups["text"].Value.Trim())), Does.Contain(anchor), $"{page} links to {path}#{anchor}");
            }
        }
    }

    [Test]
    public void Every_test_that_the_security_page_names_is_there()
    {
        var named = Named().Matches(File.ReadAllText(Path.Combine(RepositoryRoot.Path, "docs/security.md")))
            .SelectMany(list => list.Value.Split('`').Where((_, index) => index % 2 == 1)).ToHashSet();
        var written = Directory.EnumerateFiles(Path.Combine(RepositoryRoot.Path, "tests"), "*.cs", SearchOption.AllDirectories).Select(Path.GetFileNameWithoutExtension);

        Assert.That(named, Has.Count.GreaterThan(10).And.SubsetOf(written));
    }

    /// <summary>As GitHub makes it.</summary>
    private static string AnchorOf(string heading) => NotInAnchors().Replace(heading.ToLowerInvariant(), "").Replace(' ', '-');

    [GeneratedRegex(@"\]\((?!https?:)(?<path>[^)#\s]*)(?:#(?<anchor>[^)]+))?\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"\[`\w+`(?:, `\w+`)*\](?!\()")]
    private static partial Regex Named();

    [GeneratedRegex(@"^#+ (?<text>.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NotInAnchors();
}
