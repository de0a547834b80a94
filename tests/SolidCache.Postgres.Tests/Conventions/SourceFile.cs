using System.Text.RegularExpressions;

namespace SolidCache.Postgres.Tests.Conventions;

/// <summary>A file of the library's source.</summary>
internal sealed partial class SourceFile
{
    private SourceFile(string path)
    {
        Path = System.IO.Path.GetRelativePath(Repository.Library, path).Replace('\\', '/');
        Lines = File.ReadAllLines(path);
    }

    public static IReadOnlyList<SourceFile> All { get; } =
    [
        .. Directory.EnumerateFiles(Repository.Library, "*.cs", SearchOption.AllDirectories)
            .Select(path => new SourceFile(path))
            .Where(file => file.Folder is not ("bin" or "obj"))
            .OrderBy(file => file.Path, StringComparer.Ordinal),
    ];

    /// <summary>Below the library's folder, with forward slashes.</summary>
    public string Path { get; }

    /// <summary>The first folder below the library's; empty for the public types at the root.</summary>
    public string Folder => Path.Contains('/') ? Path[..Path.IndexOf('/')] : "";

    public IReadOnlyList<string> Lines { get; }

    public string Namespace => Lines.Select(line => NamespaceLine().Match(line)).First(match => match.Success).Groups["name"].Value;

    /// <summary>The namespaces that it names, those of fully qualified names in its code included.</summary>
    public IEnumerable<string> Usings => Lines.Select(line => UsingLine().Match(line)).Where(match => match.Success).Select(match => match.Groups["name"].Value);

    public override string ToString() => Path;

    [GeneratedRegex(@"^namespace (?<name>[\w.]+);$")]
    private static partial Regex NamespaceLine();

    [GeneratedRegex(@"^(?:global )?using (?:static )?(?:\w+ = )?(?<name>[\w.]+);$")]
    private static partial Regex UsingLine();
}
