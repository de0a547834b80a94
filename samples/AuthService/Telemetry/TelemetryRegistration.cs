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
        app.MapPrometheusScrapingEndpoint("/metrics").RequireAuthorization(policy => policy.RequireAssertion(context =>
            allowRemote || (context.Resource is HttpContext { Connection.RemoteIpAddress: { } address } && IPAddress.IsLoopback(address))));
    }
}
