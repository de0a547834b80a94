using System.Text.Json;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Operations;

/// <summary>The alerts, the dashboard and the queries of the documentation, as Prometheus' own tool reads them.</summary>
[Category(OneServer.Category)]
public sealed class PrometheusFiles
{
    private static readonly string Folder = Path.Combine(RepositoryRoot.Path, "docs", "operations");

    [Test]
    public Task The_alerts_do_what_their_tests_say() => ShellProgram.RunAsync("promtool", ["test", "rules", Path.Combine(Folder, "prometheus-alerts-test.yml")]);

    [Test]
    public async Task Every_query_of_the_dashboard_and_of_the_page_is_PromQL()
    {
        using var dashboard = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(Folder, "grafana-dashboard.json")));
        string[] queries =
        [
            .. dashboard.RootElement.GetProperty("panels").EnumerateArray()
                .SelectMany(panel => panel.GetProperty("targets").EnumerateArray().Select(target => target.GetProperty("expr").GetString()!)),
            .. Documentation.DocumentedBlock.Of("docs/metrics.md").Where(block => block.Language == "promql").Select(block => block.Text),
        ];
        Assert.That(queries, Has.Length.GreaterThan(20));

        // As recording rules they are parsed by Prometheus itself.
        var rules = Path.Combine(Path.GetTempPath(), $"rules-{Guid.NewGuid():N}.yml");
        await File.WriteAllTextAsync(rules, JsonSerializer.Serialize(new
        {
            groups = new[]
            {
                new
                {
                    name = "queries",
                    rules = queries.Select((query, number) => new
                    {
                        record = $"query:{number}",
                        expr = query.Replace("$__rate_interval", "5m", StringComparison.Ordinal).Replace("$cache", ".*", StringComparison.Ordinal),
                    }),
                },
            },
        }));
        await ShellProgram.RunAsync("promtool", ["check", "rules", rules]);
        File.Delete(rules);
    }

    [Test]
    public async Task Every_metric_that_they_name_is_one_of_the_library()
    {
        var page = await File.ReadAllTextAsync(Path.Combine(RepositoryRoot.Path, "docs", "metrics.md"));
        foreach (var file in (string[])["grafana-dashboard.json", "prometheus-alerts.yml"])
        {
            var names = System.Text.RegularExpressions.Regex.Matches(await File.ReadAllTextAsync(Path.Combine(Folder, file)), @"solid_cache_(?!name|operation\b|batch_kind)\w+")
                .Select(match => System.Text.RegularExpressions.Regex.Replace(match.Value, "_(bucket|sum|count)$", "")).Distinct();
            Assert.That(names.Where(name => !page.Contains($"`{name}`", StringComparison.Ordinal)), Is.Empty, file);
        }
    }
}
