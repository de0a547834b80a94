using Markdig;
using Markdig.Syntax;

using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Documentation;

/// <summary>A fenced block of a page.</summary>
/// <param name="Page">Its path in the repository.</param>
/// <param name="Line">Where it starts, from 1.</param>
/// <param name="Language">The first word behind the fence.</param>
/// <param name="Remark">What else stands there.</param>
/// <param name="Text">Its lines.</param>
internal sealed record DocumentedBlock(string Page, int Line, string Language, string Remark, string Text)
{
    public static IEnumerable<DocumentedBlock> Of(string page) =>
        Markdown.Parse(File.ReadAllText(Path.Combine(RepositoryRoot.Path, page)))
            .Descendants<FencedCodeBlock>()
            .Select(block => new DocumentedBlock(page, block.Line + 1, block.Info ?? "", block.Arguments ?? "", block.Lines.ToString()));

    public override string ToString() => $"{Page}:{Line}";
}
