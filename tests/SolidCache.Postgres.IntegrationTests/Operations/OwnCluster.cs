using System.Diagnostics;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Operations;

/// <summary>A PostgreSQL 15 of Debian's with settings of its own, from eng/with-postgres.sh, which stops it when its input ends.</summary>
internal sealed class OwnCluster : IAsyncDisposable
{
    private const string Variable = "SOLIDCACHE_OWN_CLUSTER";
    private readonly Process _script;

    private OwnCluster(Process script, string connectionString) => (_script, ConnectionString) = (script, connectionString);

    public string ConnectionString { get; }

    public static async Task<OwnCluster> StartAsync(string settings)
    {
        var start = new ProcessStartInfo(
            Path.Combine(RepositoryRoot.Path, "eng/with-postgres.sh"), ["--postgres", "15", "--export", Variable, "--", "bash", "-c", $"echo \"${Variable}\"; cat"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment["SOLIDCACHE_POSTGRES_SETTINGS"] = settings;
        start.Environment.Remove(Variable);
        var script = Process.Start(start)!;
        return await script.StandardOutput.ReadLineAsync() is { Length: > 0 } connectionString
            ? new OwnCluster(script, connectionString)
            : throw new AssertionException("There is no PostgreSQL 15 to start, or it lacks what its settings ask for. See the output of eng/with-postgres.sh above.");
    }

    public async ValueTask DisposeAsync()
    {
        _script.StandardInput.Close();
        await _script.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        _script.Dispose();
    }
}
