namespace SolidCache.Postgres.IntegrationTests.Infrastructure;

/// <summary>The repository that these tests were built from.</summary>
internal static class RepositoryRoot
{
    public static string Path { get; } = Find();

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "SolidCache.Postgres.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"There is no SolidCache.Postgres.sln above {AppContext.BaseDirectory}.");
    }
}
