using Npgsql;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Operations;

/// <summary>The rights of an application's role, from the file for operators.</summary>
internal static class GrantsFile
{
    /// <param name="database">Where, as the owner of the cache's tables.</param>
    /// <param name="variables">As psql takes them: <c>--set=role=my_app</c>.</param>
    public static Task<string> RunAsync(TestDatabase database, params string[] variables)
    {
        var login = new NpgsqlConnectionStringBuilder(database.ConnectionString);
        return ShellProgram.RunAsync(
            "psql",
            [
                "--quiet", "--no-psqlrc", .. variables, $"--file={Path.Combine(RepositoryRoot.Path, "docs/operations/grants.sql")}",
                $"--host={login.Host}", $"--port={login.Port}", $"--username={login.Username}", $"--dbname={login.Database}",
            ],
            ("PGPASSWORD", login.Password ?? ""));
    }
}
