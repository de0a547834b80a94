using Npgsql;
using SolidCache.Postgres.IntegrationTests.Infrastructure;
using YamlDotNet.RepresentationModel;

namespace SolidCache.Postgres.IntegrationTests.Operations;

/// <summary>The manifest of docs/operations: well formed, and its very command sweeps, as the role that the page describes.</summary>
public sealed class KubernetesCronJob
{
    [Test]
    public async Task Its_command_removes_what_has_expired_and_nothing_else()
    {
        await using var database = await TestDatabase.CreateAsync();
        await database.ExecuteAsync(PostgresSolidCacheSchema.GetScript());
        await database.ExecuteAsync(
            """
            INSERT INTO solid_cache_entries (key, value, expires_at)
            VALUES ('old', '', now() - interval '1 second'), ('live', '', now() + interval '1 hour')
            """);
        var command = Strings(Container()["command"]);
        Assert.That(Scalar(Container()["envFrom"][0]["secretRef"]["name"]), Is.EqualTo("solid-cache-sweeper"));
        Assert.That(command, Has.None.Contains("$("), "What a command line holds, ps shows.");

        await ShellProgram.RunAsync(command[0], command[1..], SecretOf(database.ConnectionString));

        Assert.That(await database.ScalarAsync<string>("SELECT string_agg(key, ',') FROM solid_cache_entries"), Is.EqualTo("live"));
    }

    [Test]
    public void It_runs_every_hour_alone_and_without_rights()
    {
        var spec = Manifest()["spec"];
        Assert.That(Scalar(Manifest()["kind"]), Is.EqualTo("CronJob"));
        Assert.That(Scalar(spec["schedule"]), Is.EqualTo("0 * * * *"));
        Assert.That(Scalar(spec["concurrencyPolicy"]), Is.EqualTo("Forbid"));
        Assert.That(Scalar(Container()["securityContext"]["readOnlyRootFilesystem"]), Is.EqualTo("true"));
    }

    private static (string Name, string Value)[] SecretOf(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString);
        return
        [
            ("PGHOST", settings.Host!), ("PGPORT", $"{settings.Port}"), ("PGDATABASE", settings.Database!), ("PGUSER", settings.Username!), ("PGPASSWORD", settings.Password ?? ""),
        ];
    }

    private static YamlNode Manifest()
    {
        var yaml = new YamlStream();
        using var reader = File.OpenText(Path.Combine(RepositoryRoot.Path, "docs/operations/cronjob.yaml"));
        yaml.Load(reader);
        return yaml.Documents[0].RootNode;
    }

    private static YamlNode Container() => Manifest()["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0];

    private static string Scalar(YamlNode node) => ((YamlScalarNode)node).Value!;

    private static string[] Strings(YamlNode node) => [.. ((YamlSequenceNode)node).Select(Scalar)];
}
