namespace SolidCache.Postgres;

/// <summary>What an application subscribes to; docs/metrics.md lists every instrument.</summary>
public static class SolidCacheTelemetry
{
    /// <summary>The name of the meter: <c>metrics.AddMeter(SolidCacheTelemetry.MeterName)</c>.</summary>
    public const string MeterName = "SolidCache.Postgres";

    /// <summary>The name of the activity source: <c>tracing.AddSource(SolidCacheTelemetry.ActivitySourceName)</c>.</summary>
    public const string ActivitySourceName = "SolidCache.Postgres";
}
