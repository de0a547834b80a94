using System.Text.Json;
using System.Text.RegularExpressions;

namespace SolidCache.Postgres.Tests.Conventions;

/// <summary>What comes from elsewhere is what was looked at: actions, packages, and files in folders that others can write to.</summary>
public sealed partial class SupplyTests
{
    private static readonly string Workflow = File.ReadAllText(Path.Combine(Repository.Root, ".github", "workflows", "ci.yml"));
    private static readonly string Restore = File.ReadAllText(Path.Combine(Repository.Root, "eng", "restore.sh"));

    [Test]
    public void Actions_are_pinned_by_hash()
    {
        var actions = Workflow.Split('\n').Where(line => line.Contains("uses:", StringComparison.Ordinal)).ToArray();

        Assert.That(actions, Is.Not.Empty.And.All.Match(@"uses: [\w.-]+/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$"));
    }

    [Test]
    public void Every_job_restores_what_the_lock_files_name_with_the_SDK_that_wrote_them()
    {
        var sdk = LockedBy().Match(Restore).Groups["version"].Value;
        var jobs = Workflow.Split("    steps:\n")[1..];

        Assert.That(jobs, Is.Not.Empty.And.All.Contain($"dotnet-version: {sdk}\n").And.All.Match(@"- run: (eng/restore\.sh|\.ci/run)\n"));
        Assert.That(File.ReadAllText(Path.Combine(Repository.Root, ".ci", "run")), Does.Contain("eng/restore.sh").And.Contain("--no-restore"));
    }

    [TestCaseSource(nameof(Projects))]
    public void Every_project_has_a_lock_file_that_names_hashes_and_no_place(string project)
    {
        var file = Path.Combine(Path.GetDirectoryName(Path.Combine(Repository.Root, project))!, "packages.lock.json");
        var text = File.ReadAllText(file);
        using var json = JsonDocument.Parse(text);
        var packages = json.RootElement.GetProperty("dependencies").EnumerateObject().SelectMany(framework => framework.Value.EnumerateObject())
            .Where(package => package.Value.GetProperty("type").GetString() != "Project");

        Assert.That(packages.Where(package => !package.Value.TryGetProperty("contentHash", out _)), Is.Empty);
        Assert.That(text, Does.Not.Contain("://"));
    }

    /// <summary>Whoever knows a name in /tmp makes it first.</summary>
    [Test]
    public void Scripts_make_no_file_of_a_predictable_name_where_everybody_can()
    {
        var scripts = Directory.EnumerateFiles(Path.Combine(Repository.Root, "eng"), "*.sh", SearchOption.AllDirectories)
            .Concat([Path.Combine(Repository.Root, ".ci", "run"), Path.Combine(Repository.Root, "test.sh"), Path.Combine(Repository.Root, "demo.sh")]);
        var lines = scripts.SelectMany(script => File.ReadLines(script).Select(line => $"{Path.GetRelativePath(Repository.Root, script)}: {line.Trim()}"))
            .Where(line => !line.Contains(": #", StringComparison.Ordinal)).ToArray();

        Assert.That(
            lines.Where(line => line.Contains("tmp", StringComparison.OrdinalIgnoreCase)),
            Is.All.Match(@"mktemp|: local parent=\$\{TMPDIR:-/tmp\} attempt$|\|\| parent=/tmp$"));
        Assert.That(lines, Has.None.Match(@"-\$\$|-\$RANDOM"));
    }

    private static IEnumerable<string> Projects() =>
        Directory.EnumerateFiles(Repository.Root, "*.csproj", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(Repository.Root, file))
            .Where(file => !file.Contains("/bin/", StringComparison.Ordinal) && !file.Contains("/obj/", StringComparison.Ordinal));

    [GeneratedRegex(@"^locked_by=(?<version>\S+)$", RegexOptions.Multiline)]
    private static partial Regex LockedBy();
}
