using System.Net;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using SolidCache.Postgres;

namespace AuthService.Telemetry;

/// <summary>
/// OpenTelemetry: metrics for Prometheus at <c>/metrics</c>, and metrics and traces by OTLP where <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> names a collector.
/// </summary>
internal static class TelemetryRegistration
{
    private const string AllowRemote = "Metrics:AllowRemote";

    /// <summary>
    /// What scrapers and browsers send of themselves. What proxies add for whom they ask has no end of names, so that whatever else a request brings counts as that.
    /// </summary>
    private static readonly HashSet<string> OfClients = new(StringComparer.OrdinalIgnoreCase)
    {
        "Host", "Connection", "Keep-Alive", "User-Agent", "Authorization", "Cookie", "Referer", "Origin", "Cache-Control", "Pragma", "If-None-Match",
        "If-Modified-Since", "Upgrade-Insecure-Requests", "DNT", "Priority", "TE", "Content-Type", "Content-Length", "traceparent", "tracestate", "baggage",
    };

    /// <summary>As in Accept-Encoding, Sec-Fetch-Site and X-Prometheus-Scrape-Timeout-Seconds.</summary>
    private static readonly string[] OfClientsBegin = ["Accept", "Sec-", "X-Prometheus-"];

    public static void AddServiceTelemetry(this WebApplicationBuilder builder)
    {
        var telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(static resource => resource.AddService("auth-service"))
            .WithMetrics(static metrics => metrics
                .AddMeter(SolidCacheTelemetry.MeterName, "Npgsql")
                .AddAspNetCoreInstrumentation()
                .AddRuntimeInstrumentation()
                .AddPrometheusExporter())
            .WithTracing(static tracing => tracing
                .AddSource(SolidCacheTelemetry.ActivitySourceName, "Npgsql")
                .AddAspNetCoreInstrumentation());
        if (!string.IsNullOrEmpty(builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]))
        {
            telemetry.UseOtlpExporter();
        }
    }

    /// <summary>
    /// Scrapers carry no access token: they are let in from this machine, and from others if the setting says so. What comes by a Unix socket has no
    /// address: it may be a proxy's, and so anybody's.
    /// </summary>
    public static void MapServiceTelemetry(this WebApplication app)
    {
        var allowRemote = app.Configuration.GetValue<bool>(AllowRemote);
        app.MapPrometheusScrapingEndpoint("/metrics").WithMetadata(HttpConventions.OnlyRead).RequireAuthorization(policy => policy.RequireAssertion(context =>
            allowRemote || (context.Resource is HttpContext http && IsOfThisMachine(http))));
    }

    private static bool IsOfThisMachine(HttpContext http) =>
        http.Connection.RemoteIpAddress is { } address && IPAddress.IsLoopback(address)
        && IsNoNameOfOthers(http.Request.Host.Host) && http.Request.Headers.Keys.All(IsOfClients);

    /// <summary>A page in a browser on this machine can let its own name lead here, and then reads what it likes; an address or localhost is nobody's name.</summary>
    private static bool IsNoNameOfOthers(string host) => host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || IPAddress.TryParse(host, out _);

    private static bool IsOfClients(string header) =>
        OfClients.Contains(header) || Array.Exists(OfClientsBegin, begin => header.StartsWith(begin, StringComparison.OrdinalIgnoreCase));
}
