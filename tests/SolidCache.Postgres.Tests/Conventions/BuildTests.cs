using System.Xml.Linq;

namespace SolidCache.Postgres.Tests.Conventions;

/// <summary>The rules that analysers hold are switched on.</summary>
public sealed class BuildTests
{
    private static readonly XDocument Project = XDocument.Load(Path.Combine(Repository.Library, "SolidCache.Postgres.csproj"));
    private static readonly XDocument Everywhere = XDocument.Load(Path.Combine(Repository.Root, "Directory.Build.props"));

    [Test]
    public void Banned_symbols_are_looked_for()
    {
        Assert.That(Included("AdditionalFiles"), Does.Contain("../BannedSymbols.txt"));
        Assert.That(Included("PackageReference"), Does.Contain("Microsoft.CodeAnalysis.BannedApiAnalyzers"));
    }

    [TestCase("P:System.DateTime.UtcNow;")]
    [TestCase("P:System.DateTime.Now;")]
    [TestCase("P:System.DateTimeOffset.UtcNow;")]
    [TestCase("P:System.DateTimeOffset.Now;")]
    [TestCase("M:System.Threading.Tasks.Task.Delay(System.Int32);")]
    [TestCase("M:System.Threading.Tasks.Task.Delay(System.Int32,System.Threading.CancellationToken);")]
    [TestCase("M:System.Threading.Tasks.Task.Delay(System.TimeSpan);")]
    [TestCase("M:System.Threading.Tasks.Task.Delay(System.TimeSpan,System.Threading.CancellationToken);")]
    [TestCase("M:System.Threading.Thread.Sleep(System.Int32);")]
    [TestCase("M:System.Threading.Thread.Sleep(System.TimeSpan);")]
    [TestCase("M:System.Threading.Tasks.Task.Yield;")]
    [TestCase("M:System.Threading.Tasks.Task.Run(System.Action);")]
    [TestCase("M:System.Threading.Tasks.Task.Run(System.Func{System.Threading.Tasks.Task});")]
    public void Clocks_other_than_the_time_provider_and_threads_other_than_the_caches_own_are_banned(string symbol) =>
        Assert.That(
            File.ReadLines(Path.Combine(Repository.Root, "src", "BannedSymbols.txt")),
            Has.Some.StartsWith(symbol));

    [Test]
    public void Every_await_of_the_library_says_where_it_continues()
    {
        var rules = File.ReadAllText(Path.Combine(Repository.Root, ".editorconfig"));
        var ofSource = rules[rules.IndexOf("[src/**.cs]", StringComparison.Ordinal)..];
        ofSource = ofSource[..ofSource.IndexOf("\n[", StringComparison.Ordinal)];

        Assert.That(ofSource, Does.Contain("dotnet_diagnostic.CA2007.severity = warning").And.Contain("dotnet_diagnostic.CA2016.severity = warning"));
    }

    [TestCase("TreatWarningsAsErrors", "true")]
    [TestCase("AnalysisLevel", "latest-all")]
    [TestCase("EnforceCodeStyleInBuild", "true")]
    [TestCase("Nullable", "enable")]
    public void Warnings_are_errors_everywhere(string property, string value) =>
        Assert.That(Everywhere.Descendants(property).Single().Value, Is.EqualTo(value));

    [Test]
    public void The_library_is_clean_for_NativeAOT() =>
        Assert.That(Project.Descendants("IsAotCompatible").Single().Value, Is.EqualTo("true"));

    [Test]
    public void The_public_API_is_written_down() =>
        Assert.That(Included("PackageReference"), Does.Contain("Microsoft.CodeAnalysis.PublicApiAnalyzers"));

    /// <summary>What an application has itself; eng/package-test.sh builds one with these very versions.</summary>
    [Test]
    public void What_the_package_takes_is_as_old_as_works_and_the_README_says_so()
    {
        var lowest = Project.Descendants("LowestVersion").Single().Value;

        Assert.That(
            Project.Descendants("PackageReference")
                .Where(package => package.Attribute("PrivateAssets") is null && package.Attribute("Include")!.Value is var name && (name == "Npgsql" || name.StartsWith("Microsoft.", StringComparison.Ordinal)))
                .Select(package => package.Attribute("VersionOverride")?.Value),
            Has.All.EqualTo("$(LowestVersion)"));
        Assert.That(File.ReadAllText(Path.Combine(Repository.Root, "README.md")), Does.Contain($"Npgsql {lowest} or later"));
    }

    private static IEnumerable<string> Included(string item) => Project.Descendants(item).Select(element => element.Attribute("Include")!.Value);
}
