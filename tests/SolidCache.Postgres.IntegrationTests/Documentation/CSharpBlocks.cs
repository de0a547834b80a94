using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.CodeAnalysis.CSharp.Scripting;
using Microsoft.CodeAnalysis.Scripting;
using Microsoft.Extensions.DependencyInjection;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Documentation;

/// <summary>The C# of the documentation, compiled and run as it stands, each page from top to bottom.</summary>
[NonParallelizable]
[Category(OneServer.Category)]
public sealed partial class CSharpBlocks
{
    private static readonly string[] Namespaces =
    [
        "System", "System.Collections.Generic", "System.Diagnostics.Metrics", "System.IO", "System.Linq", "System.Text.Json", "System.Threading", "System.Threading.Tasks",
        "Microsoft.AspNetCore.Builder", "Microsoft.AspNetCore.Session", "Microsoft.EntityFrameworkCore", "Microsoft.EntityFrameworkCore.Infrastructure", "Microsoft.EntityFrameworkCore.Migrations", "Microsoft.EntityFrameworkCore.Storage", "Microsoft.Extensions.Caching.Distributed", "Microsoft.Extensions.Caching.Hybrid", "Microsoft.Extensions.Caching.Memory",
        "Microsoft.Extensions.Configuration", "Microsoft.Extensions.DependencyInjection", "Microsoft.Extensions.Diagnostics.Metrics.Testing", "Microsoft.Extensions.Logging", "Microsoft.Extensions.Options",
        "Npgsql", "OpenTelemetry.Metrics", "OpenTelemetry.Trace", "SolidCache.Postgres",
    ];

    [TestCase("README.md", 2)]
    [TestCase("docs/guide.md", 18)]
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
            await StopHostsAsync(state);
        }
    }

    private static async Task<ScriptState<object>> RunAsync(ScriptState<object>? state, DocumentedBlock block, PageSurroundings surroundings)
    {
        // A page ends its program with app.Run(), which would never return; and what it disposes of at the end lives on in the next block.
        var code = EndOfScope().Replace(block.Text.Replace("app.Run();", "await app.StartAsync();", StringComparison.Ordinal), "var ");
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

    private static async Task StopHostsAsync(ScriptState<object>? state)
    {
        foreach (var variable in state?.Variables ?? [])
        {
            switch (variable.Value)
            {
                case WebApplication app:
                    await app.DisposeAsync();
                    break;
                case ServiceProvider provider:
                    await provider.DisposeAsync();
                    break;
            }
        }
    }
}
