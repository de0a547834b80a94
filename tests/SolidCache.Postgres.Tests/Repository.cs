namespace SolidCache.Postgres.Tests;

/// <summary>The files of the repository that these tests were built from.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    public static string Library { get; } = Path.Combine(Root, "src", "SolidCache.Postgres");

    public static string Tests { get; } = Path.Combine(Root, "tests", "SolidCache.Postgres.Tests");

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "SolidCache.Postgres.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"There is no SolidCache.Postgres.sln above {AppContext.BaseDirectory}.");
    }
}
