using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis.CSharp.Scripting;
using Microsoft.CodeAnalysis.Scripting;
using Microsoft.Extensions.DependencyInjection;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Documentation;

/// <summary>
/// The C# of the documentation that is no whole program, compiled and run as it stands, each page from top to bottom. The programs of README
/// and guide are pasted by eng/package-test.sh.
/// </summary>
[NonParallelizable]
[Category(OneServer.Category)]
public sealed partial class CSharpBlocks
{
    private static readonly string[] Namespaces =
    [
        "System", "System.Diagnostics.Metrics", "System.IO", "System.Threading", "System.Threading.Tasks",
        "Microsoft.Extensions.Caching.Distributed", "Microsoft.Extensions.Caching.Memory", "Microsoft.Extensions.DependencyInjection",
        "Microsoft.Extensions.Diagnostics.Metrics.Testing", "Microsoft.Extensions.Options", "Npgsql", "OpenTelemetry.Metrics", "OpenTelemetry.Trace", "SolidCache.Postgres",
    ];

    [TestCase("docs/testing.md", 4)]
    [TestCase("docs/metrics.md", 1)]
    [TestCase("docs/schema.md", 1)]
    [TestCase("docs/security.md", 1)]
    [TestCase("docs/reliability.md", 1)]
    public async Task Every_block_of_the_page_compiles_and_runs(string page, int atLeast)
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var host = await CacheHost.StartAsync(database.ConnectionString);
        var blocks = DocumentedBlock.Of(page).Where(block => block.Language == "csharp").ToList();
        Assert.That(blocks, Has.Count.GreaterThanOrEqualTo(atLeast));

        ScriptState<object>? state = null;
        try
        {
            foreach (var block in blocks)
            {
                state = await RunAsync(state, block, new PageSurroundings(database.ConnectionString, host.Cache));
            }
        }
        finally
        {
            foreach (var provider in state?.Variables.Select(variable => variable.Value).OfType<ServiceProvider>() ?? [])
            {
                await provider.DisposeAsync();
            }
        }
    }

    private static async Task<ScriptState<object>> RunAsync(ScriptState<object>? state, DocumentedBlock block, PageSurroundings surroundings)
    {
        // What a page disposes of at its end lives on in the next block.
        var code = EndOfScope().Replace(block.Text, "var ");
        try
        {
            return state is null
                ? await CSharpScript.RunAsync(code, Options(), surroundings)
                : await state.ContinueWithAsync(code);
        }
        catch (CompilationErrorException error)
        {
            throw new AssertionException($"{block} does not compile: {error.Message}");
        }
    }

    [GeneratedRegex(@"^(?:await )?using var ", RegexOptions.Multiline)]
    private static partial Regex EndOfScope();

    private static ScriptOptions Options() => ScriptOptions.Default
        .WithImports(Namespaces)
        .WithReferences(((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Where(File.Exists));
}
