using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Sample;

/// <summary>What everybody sees of the service: its documentation, its metrics, its headers.</summary>
public sealed partial class ServiceSurfaceTests : SampleFixture
{
    [Test]
    public async Task The_OpenAPI_document_describes_every_endpoint_of_the_API()
    {
        using var response = await Anonymous.ReadAsync("/openapi/v1.json");
        var api = await response.JsonAsync();
        var operations = api.GetProperty("paths").EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject().Select(operation => $"{operation.Name.ToUpperInvariant()} {path.Name}"));

        Assert.That(operations, Is.EquivalentTo((string[])
            [
                "POST /auth/register", "POST /auth/sign-in", "POST /auth/refresh", "POST /auth/sign-out", "POST /auth/change-password",
                "GET /users", "GET /users/{id}", "PUT /users/{id}", "PUT /users/{id}/roles", "GET /roles", "GET /settings", "PUT /settings/{name}",
                "GET /statistics/users", "GET /metrics/solid-cache", "POST /admin/cache/cleanup", "GET /admin/cache/live",
                "GET /admin/cache/entry", "DELETE /admin/cache/entry", "DELETE /admin/cache/entries",
            ]));
    }

    [Test]
    public async Task Every_operation_has_a_summary_and_says_whether_it_needs_a_token()
    {
        using var response = await Anonymous.ReadAsync("/openapi/v1.json");
        foreach (var (path, operation) in Operations(await response.JsonAsync()))
        {
            Assert.That(operation.TryGetProperty("summary", out _), path);
            var isOpen = path.StartsWith("/auth/", StringComparison.Ordinal) && path != "/auth/change-password";
            Assert.That(operation.TryGetProperty("security", out _), Is.Not.EqualTo(isOpen), path);
            Assert.That(operation.GetProperty("responses").TryGetProperty("403", out _), Is.Not.EqualTo(isOpen), path);
        }
    }

    [Test]
    public async Task No_reference_of_the_document_leads_nowhere()
    {
        using var response = await Anonymous.ReadAsync("/openapi/v1.json");
        var text = await response.Content.ReadAsStringAsync();
        using var api = JsonDocument.Parse(text);
        foreach (Match reference in Reference().Matches(text))
        {
            var node = api.RootElement;
            foreach (var step in reference.Groups["path"].Value.Split('/'))
            {
                Assert.That(node.TryGetProperty(step, out node), reference.Value);
            }
        }
    }

    [Test]
    public async Task The_documentation_is_a_page_that_loads_nothing_from_elsewhere()
    {
        using var response = await Anonymous.ReadAsync("/docs/");
        var page = await response.Content.ReadAsStringAsync();

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(page, Does.Contain("openapi/v1.json").And.Not.Match(@"(?:src|href)=.https?://"));
    }

    [Test]
    public async Task The_first_page_leads_to_the_others()
    {
        using var response = await Anonymous.ReadAsync("/");
        var links = Link().Matches(await response.Content.ReadAsStringAsync()).Select(link => link.Groups["path"].Value).ToList();

        Assert.That(links, Is.SupersetOf((string[])["/admin", "/docs", "/health"]));
        foreach (var link in links)
        {
            using var page = await Anonymous.ReadAsync(link);
            Assert.That(page.StatusCode, Is.EqualTo(HttpStatusCode.OK), link);
        }
    }

    [Test]
    public async Task Prometheus_finds_the_figures_of_the_cache()
    {
        using var profile = await Alice.ReadAsync("/users/2");
        string[] names = ["solid_cache_misses_total", "solid_cache_sets_total", "solid_cache_operation_duration_seconds_bucket", "http_server_request_duration_seconds_count"];

        // What the exporter collected for a request it gives to those that follow soon, too.
        await Eventually.TrueAsync(
            async () =>
            {
                using var response = await Anonymous.ReadAsync("/metrics");
                var text = await response.Content.ReadAsStringAsync();
                return Array.TrueForAll(names, name => text.Contains(name, StringComparison.Ordinal));
            },
            "all figures are there");
    }

    [TestCase("/health")]
    [TestCase("/users/1")]
    [TestCase("/nowhere")]
    public async Task Every_answer_tells_browsers_what_they_may_do_with_it(string path)
    {
        using var response = await Anonymous.ReadAsync(path);

        Assert.That(response.Headers.GetValues("Content-Security-Policy").Single(), Does.StartWith("default-src 'self';").And.Not.Contain("unsafe"));
        Assert.That(response.Headers.GetValues("X-Content-Type-Options").Single(), Is.EqualTo("nosniff"));
        Assert.That(response.Headers.Contains("Server"), Is.False);
    }

    [Test]
    public async Task So_does_an_error_of_the_service()
    {
        await Database.ExecuteAsync("ALTER TABLE auth.users RENAME TO lost");
        try
        {
            using var response = await Admin.ReadAsync("/users");

            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.InternalServerError));
            Assert.That(response.Headers.GetValues("Content-Security-Policy").Single(), Does.StartWith("default-src 'self';"));
            Assert.That(response.Headers.GetValues("X-Content-Type-Options").Single(), Is.EqualTo("nosniff"));
        }
        finally
        {
            await Database.ExecuteAsync("ALTER TABLE auth.lost RENAME TO users");
        }
    }

    [TestCase("/admin")]
    [TestCase("/admin/")]
    [TestCase("/docs")]
    public async Task No_answer_repeats_the_host_that_a_request_named(string path)
    {
        using var client = Service.CreateClient(new() { AllowAutoRedirect = false });
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(path, UriKind.Relative)) { Headers = { Host = "evil.example" } };
        using var response = await client.SendAsync(request);

        Assert.That(response.StatusCode, Is.AnyOf(HttpStatusCode.OK, HttpStatusCode.Redirect, HttpStatusCode.MovedPermanently));
        Assert.That(response.Headers.ToString(), Does.Not.Contain("evil.example"));
        Assert.That(await response.Content.ReadAsStringAsync(), Does.Not.Contain("evil.example"));
    }

    [TestCase(ClientAddress.None, Description = "A Unix socket's other end may be a proxy.")]
    [TestCase("192.0.2.1")]
    public async Task Metrics_are_for_this_machine(string address)
    {
        using var elsewhere = Service.From(address);
        using var response = await elsewhere.ReadAsync("/metrics");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [TestCase("X-Forwarded-For", "127.0.0.1")]
    [TestCase("Forwarded", "for=127.0.0.1")]
    [TestCase("Via", "1.1 proxy")]
    [TestCase("X-Forwarded-Port", "443")]
    [TestCase("X-Original-Host", "metrics.example")]
    [TestCase("CF-Connecting-IP", "192.0.2.1")]
    [TestCase("X-Client-IP", "192.0.2.1")]
    [TestCase("X-Forwarded", "for=192.0.2.1")]
    [TestCase("Forwarded-For", "192.0.2.1")]
    [TestCase("CF-Ray", "230b030023ae2822-SJC")]
    [TestCase("X-ProxyUser-Ip", "192.0.2.1")]
    [TestCase("X-Remote-Addr", "192.0.2.1")]
    [TestCase("X-Source-Ip", "192.0.2.1")]
    [TestCase("Ali-Cdn-Real-Ip", "192.0.2.1")]
    [TestCase("X-Azure-SocketIP", "192.0.2.1")]
    [TestCase("X-Appengine-User-Ip", "192.0.2.1")]
    [TestCase("X-Host", "metrics.example")]
    [TestCase("X-Amzn-Trace-Id", "Root=1-67891233-abcdef012345678912345678")]
    [TestCase("X-Prometheus", "192.0.2.1")]
    [TestCase("CloudFront-Viewer-Address", "192.0.2.1:443")]
    [TestCase("Surrogate-Capability", "abc=ESI/1.0")]
    public async Task Metrics_are_not_for_those_for_whom_a_proxy_on_this_machine_asks(string header, string value)
    {
        using var proxy = Service.From("127.0.0.1");
        proxy.DefaultRequestHeaders.Add(header, value);
        using var response = await proxy.ReadAsync("/metrics");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [TestCase("Accept", "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,*/*;q=0.1")]
    [TestCase("Accept-Encoding", "gzip")]
    [TestCase("User-Agent", "Prometheus/3.5.0")]
    [TestCase("X-Prometheus-Scrape-Timeout-Seconds", "10")]
    [TestCase("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")]
    [TestCase("Sec-Fetch-Site", "same-origin")]
    [TestCase("Cookie", "theme=dark")]
    public async Task What_scrapers_and_browsers_send_keeps_metrics_from_nobody(string header, string value)
    {
        using var scraper = Service.From("127.0.0.1");
        scraper.DefaultRequestHeaders.Add(header, value);
        using var response = await scraper.ReadAsync("/metrics");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [TestCase("localhost:8001", HttpStatusCode.OK)]
    [TestCase("127.0.0.1:8001", HttpStatusCode.OK)]
    [TestCase("[::1]:8001", HttpStatusCode.OK)]
    [TestCase("rebound.example:8001", HttpStatusCode.Unauthorized, Description = "A page in a browser on this machine, whose name leads here since it was loaded.")]
    public async Task Metrics_are_not_for_pages_of_others(string host, HttpStatusCode expected)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri("/metrics", UriKind.Relative)) { Headers = { Host = host } };
        using var response = await Anonymous.SendAsync(request);

        Assert.That(response.StatusCode, Is.EqualTo(expected));
    }

    [TestCase("/health")]
    [TestCase("/metrics")]
    public async Task What_only_tells_is_only_read(string path)
    {
        using var response = await Anonymous.SendTextAsync(HttpMethod.Delete, path, "{}");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.MethodNotAllowed));
    }

    [TestCase("/users")]
    [TestCase("/users/1")]
    [TestCase("/users/nobody")]
    [TestCase("/settings")]
    [TestCase("/statistics/users")]
    [TestCase("/admin/cache/live")]
    public async Task What_a_token_was_shown_for_nobody_stores(string path)
    {
        using var response = await Admin.ReadAsync(path);

        Assert.That(response.Headers.CacheControl?.NoStore, Is.True);
    }

    [TestCase("/auth/nowhere", "{}", HttpStatusCode.NotFound)]
    [TestCase("/auth/sign-in", "{", HttpStatusCode.BadRequest)]
    [TestCase("/auth/refresh", """{"refreshToken":"unknown"}""", HttpStatusCode.Unauthorized)]
    [TestCase("/auth/change-password", "{}", HttpStatusCode.Unauthorized)]
    public async Task Nor_what_is_said_about_passwords_and_tokens_an_error_included(string path, string body, HttpStatusCode expected)
    {
        using var response = await Anonymous.PostTextAsync(path, body);

        Assert.That(response.StatusCode, Is.EqualTo(expected));
        Assert.That(response.Headers.CacheControl?.NoStore, Is.True);
    }

    private static IEnumerable<(string Path, JsonElement Operation)> Operations(JsonElement api) =>
        api.GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject().Select(operation => (path.Name, operation.Value)));

    [GeneratedRegex("""
        <a [^>]*href="(?<path>[^"]+)"
        """)]
    private static partial Regex Link();

    [GeneratedRegex("""
        "\$ref": "#/(?<path>[^"]+)"
        """)]
    private static partial Regex Reference();
}
