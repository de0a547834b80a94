using System.Text.Json.Serialization;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace AuthService.Health;

/// <summary>What everybody may know: states and figures. Errors, which name hosts and roles, are in the log.</summary>
internal sealed record HealthReply(string Status, HealthReply.Parts Services)
{
    public static HealthReply From(HealthReport report) => new(
        Name(report.Status),
        new Parts(
            new DatabasePart(report.Entries[HealthEndpoint.Database].Status == HealthStatus.Healthy),
            CachePart.From(report.Entries[HealthEndpoint.SolidCache])));

    private static string Name(HealthStatus status) => status switch
    {
        HealthStatus.Healthy => "healthy",
        HealthStatus.Degraded => "degraded",
        _ => "unhealthy",
    };

    internal sealed record Parts(DatabasePart Database, CachePart SolidCache);

    internal sealed record DatabasePart(bool Healthy);

    /// <summary>The figures are left out when the cache did not answer.</summary>
    internal sealed record CachePart(
        string Status,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] object? TotalEntries,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] object? ExpiredEntries,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] object? TotalSizeKb)
    {
        public static CachePart From(HealthReportEntry entry) => new(
            Name(entry.Status),
            entry.Data.GetValueOrDefault("total_entries"),
            entry.Data.GetValueOrDefault("expired_entries"),
            entry.Data.GetValueOrDefault("total_size_kb"));
    }
}
